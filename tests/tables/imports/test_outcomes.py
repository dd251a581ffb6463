"""What a file says came of trainings: beside a status a quality may lack, elsewhere it may not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.spaces import get_space
from lpzero.tables import load_table
from lpzero.tables.imports.columns import Columns
from lpzero.tables.imports.outcomes import AttemptStatus, read_outcomes

COLUMNS = Columns.of(get_space("gpt2", "own"), "quality")
ARCHITECTURES = [record.architecture for record in load_table("gpt2-own").records[:4]]
Write = Callable[..., Path]


@pytest.fixture(params=["csv", "jsonl"])
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Write:
    """Writes cells of lines, each beside another architecture, in either form of a file."""

    def put(*rows: dict[str, Any]) -> Path:
        path = tmp_path / f"mine.{request.param}"
        cells = [{**row, "architecture": one.to_json()} for row, one in zip(rows, ARCHITECTURES, strict=False)]
        if request.param == "jsonl":
            path.write_text("".join(json.dumps(one) + "\n" for one in cells))
            return path
        lines = [",".join(cells[0])]
        for one in cells:
            quoted = json.dumps(one["architecture"]).replace('"', '""')
            texts = ["" if cell is None else str(cell) for name, cell in one.items() if name != "architecture"]
            lines.append(",".join([*texts, f'"{quoted}"']))
        path.write_text("\n".join(lines) + "\n")
        return path

    return put


def _said(path: Path, **how: bool) -> list[tuple[str, float | None]]:
    rows = list(read_outcomes(path, COLUMNS, **how).rows)
    assert [row.entry.architecture for row in rows] == ARCHITECTURES[: len(rows)]
    return [(row.status.value, row.entry.quality if row.status is AttemptStatus.OK else None) for row in rows]


def test_beside_a_status_a_quality_may_lack(write: Write) -> None:
    path = write(
        {"quality": 1.5, "status": None, "value": 1.0},
        {"quality": 2.5, "status": "ok", "value": None},
        {"quality": None, "status": None, "value": 3.0},
        {"quality": None, "status": "out_of_memory", "value": None},
    )
    assert _said(path) == [("ok", 1.5), ("ok", 2.5), ("pending", None), ("out_of_memory", None)]
    assert [row.said for row in read_outcomes(path, COLUMNS).rows] == [{"value": "1.0"}, {}, {"value": "3.0"}, {}]
    assert _said(path, unread=True) == [("pending", None)] * 4


def test_without_one_it_may_not_unless_somebody_is_asked(write: Write) -> None:
    path = write({"quality": 1.5}, {"quality": None})
    with pytest.raises(InputError, match=r"expected a value, found an empty cell|expected a finite number, found null"):
        _said(path)
    assert _said(path, asked=True) == [("ok", 1.5), ("pending", None)]
    # a column that is called like one for people is an unknown one there
    other = write({"quality": 1.5, "value": 2.0})
    with pytest.raises(InputError, match="found the unknown column 'value'"):
        _said(other)
    assert _said(other, asked=True) == [("ok", 1.5)]


def test_a_quality_may_have_the_name_of_a_column_for_people(write: Write) -> None:
    path = write({"value": 1.5, "status": None}, {"value": None, "status": "killed"})
    columns = Columns.of(get_space("gpt2", "own"), "value")
    found = [(row.status.value, row.said) for row in read_outcomes(path, columns).rows]
    assert found == [("ok", {}), ("killed", {})]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"quality": 1.5, "status": "failed"}, "expected no quality with the status failed, found 1.5"),
        ({"quality": None, "status": "ok"}, "expected a quality with the status ok, found none"),
        ({"quality": None, "status": "burnt"}, "status: expected one of ok, pending, failed, .*, found 'burnt'"),
    ],
)
def test_what_contradicts_itself_is_refused_with_its_line(write: Write, cells: dict[str, Any], words: str) -> None:
    path = write({"quality": 1.0, "status": None}, cells)
    line = 3 if path.suffix == ".csv" else 2
    with pytest.raises(InputError, match=f"line {line}: {words}"):
        _said(path)
