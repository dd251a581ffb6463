"""``lpzero.suggest`` and ``lpzero.suggester``: the loop of somebody who trains elsewhere, and the replay of a table."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lpzero.acquisition import candidates, start
from lpzero.acquisition.result import SuggestResult
from lpzero.api.suggest import suggest, suggester
from lpzero.errors import InputError, NoResultError
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.tables import Table, load_table

SPACE = get_space("gpt2", "own")
LIMIT = 900_000


@pytest.fixture(autouse=True)
def _fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of candidates take seconds."""
    monkeypatch.setattr(candidates, "DRAWN", 40)
    monkeypatch.setattr(candidates, "NEAR", 10)
    monkeypatch.setattr(start, "SHORTLIST", 4)


def ask(folder: Path, *labels: Path, number: int = 2, **settings: Any) -> SuggestResult:
    given: dict[str, Any] = {"space": "gpt2", "protocol": "own", "direction": "lower", "limits": {"params": LIMIT}}
    given |= {"tokens": 8, "batch": 1, "device": "cpu", **settings}
    return suggest(labels, output=folder, number=number, **given)


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "next.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def fill(folder: Path, cells: dict[int, dict[str, str]]) -> None:
    rows = rows_of(folder)
    for index, some in cells.items():
        rows[index] |= some
    with (folder / "next.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_the_loop_of_somebody_who_trains_elsewhere(tmp_path: Path, quietly: Callable[..., Any]) -> None:
    folder = tmp_path / "next"
    first = quietly(lambda: ask(folder, number=6))
    assert [row.by for row in first.rows] == ["start"] * 6
    assert (first.labels, first.pending, first.chance, first.worthwhile, first.best) == (0, 0, None, None, None)
    for row, line in zip(first.rows, rows_of(folder), strict=True):
        assert (line["id"], line["quality"], line["status"]) == (row.id, "", "")
        architecture = Architecture.from_json(json.loads(line["architecture"]))
        assert row.params == SPACE.parameter_counts(architecture)["total"] <= LIMIT
        assert (folder / row.config).exists()
    # five came back, one of them failed, one is still trained
    fill(folder, {0: {"quality": "2.5"}, 1: {"quality": "2.4"}, 2: {"quality": "2.6"}, 3: {"status": "diverged"}})
    fill(folder, {4: {"quality": "2.45"}})
    second = quietly(lambda: ask(folder))
    assert (second.labels, second.failed, second.pending) == (4, 1, 1)
    assert second.best is not None
    assert second.best.quality == 2.4
    assert [row.by for row in second.rows] == ["labels"] * 2
    assert second.worthwhile == ((second.chance or 0) >= 0.05)
    lines = rows_of(folder)
    assert [line["quality"] for line in lines] == ["2.5", "2.4", "2.6", "", "2.45", "", "", ""]
    assert lines[3]["status"] == "diverged"
    keys = [SPACE.model_key(Architecture.from_json(json.loads(line["architecture"]))) for line in lines]
    assert len(set(keys)) == 8
    assert SuggestResult.model_validate(second.to_json()) == second
    # the file goes back in as it is, to another folder as well
    third = ask(tmp_path / "other", folder / "next.csv", stop=1.0)
    assert (third.labels, third.failed, third.pending, third.worthwhile) == (4, 1, 3, False)
    assert not {row.id for row in third.rows} & {line["id"] for line in lines}
    assert ask(folder, folder / "next.csv").labels == 4


def test_labels_need_a_direction_and_the_lines_of_a_bad_file_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "next"
    assert ask(folder, direction=None).direction is None
    fill(folder, {1: {"quality": "2.5"}})
    with pytest.raises(InputError, match="`direction` is missing"):
        ask(folder, direction=None)
    fill(folder, {1: {"quality": "good"}})
    with pytest.raises(InputError, match=r"next\.csv: line 3: quality: expected a finite number, found 'good'"):
        ask(folder)
    assert len(rows_of(folder)) == 2


def test_a_replay_labels_what_it_suggests(tmp_path: Path, few: Table) -> None:
    found = [suggest(table=few, output=tmp_path, number=4, device="cpu") for _ in range(3)]
    assert [one.labels for one in found] == [0, 4, 8]
    revealed = [row.quality for one in found for row in one.rows]
    assert sorted(revealed) == pytest.approx(sorted(few.qualities.tolist()))
    assert found[2].direction == ("higher" if few.higher_is_better else "lower")
    with pytest.raises(NoResultError, match="all that fits was tried: 12 architectures"):
        suggest(table=few, output=tmp_path, device="cpu")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"number": 0}, "`number`: expected at least 1, found 0"),
        ({"stop": 1.5}, "`stop`: expected a probability"),
        ({"direction": "up"}, "`direction`: expected higher or lower, found 'up'"),
        ({"space": None}, "`space` is missing"),
        ({"acquisition": "luck"}, "unknown acquisition 'luck'"),
        ({"limits": {"weight": 5}}, "unknown cost 'weight'"),
        ({"features": "taste"}, "taste"),
    ],
)
def test_what_means_nothing_is_refused(tmp_path: Path, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        ask(tmp_path / "next", **settings)
    assert not (tmp_path / "next" / "next.csv").exists()


def test_beside_a_table_nothing_is_told(tmp_path: Path, few: Table) -> None:
    with pytest.raises(InputError, match="a `table` says its qualities"):
        suggest("mine.csv", table=few, output=tmp_path)
    with pytest.raises(InputError, match="a `table` says its direction"):
        suggest(table=few, direction="lower", output=tmp_path)
    with pytest.raises(InputError, match="`direction` is missing"):
        suggester("gpt2")


def test_what_is_suggested_keeps_principles(tmp_path: Path, quietly: Callable[..., Any]) -> None:
    rule = {"op": "le", "feature": "d_model", "value": 64}
    listed = [{"id": "narrow", "statement": "", "rule": rule}]
    document = {"schema": "lpzero.principles/1", "space": {"name": "gpt2"}, "principles": listed}
    file = tmp_path / "p.json"
    file.write_text(json.dumps(document))
    found = quietly(lambda: ask(tmp_path / "next", number=6, principles=file))
    for row in found.rows:
        config = json.loads((tmp_path / "next" / row.config).read_text())
        assert config["architecture"]["whole"]["d_model"] <= 64
    assert found.principles == str(file)
    asks = suggester(table="gpt2-own", principles=file, device="cpu")
    narrow = [one for one in load_table("gpt2-own").records if int(one.architecture["d_model"]) <= 64]
    assert asks.ask(1).candidates == len({asks.tried.space.model_key(one.architecture) for one in narrow}) < 40
    file.write_text(json.dumps({**document, "space": {"name": "flexibert"}}))
    with pytest.raises(InputError, match=r"p\.json: space\.name: expected gpt2, found 'flexibert'$"):
        ask(tmp_path / "other", principles=file)
    assert not (tmp_path / "other").exists()
