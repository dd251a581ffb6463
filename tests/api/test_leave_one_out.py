"""Tables left out in turn: each run sees the others alone, and goes on where it was stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import lpzero
from lpzero.errors import InputError
from lpzero.progress import Progress
from lpzero.proxy.provenance import proxy_document

TABLES = ["gpt2-own", "llama-own", "flexibert-own:own"]
SMALL: dict[str, Any] = {
    "start": "random",
    "population": 8,
    "islands": 1,
    "generations": 1,
    "search_size": 6,
    "validation_size": 4,
    "batch": 2,
    "tokens": 8,
    "elements": 32,
}


@pytest.mark.slow
def test_each_table_is_left_out_once_and_a_stopped_call_goes_on(tmp_path: Path) -> None:
    class Stopped(Exception):
        """The call was stopped."""

    def stop(progress: Progress) -> None:
        assert progress.step != "testing" or (tmp_path / "runs" / "all").exists(), "a fold judges what it left out"
        if progress.step == "testing on llama-own":
            raise Stopped

    with pytest.raises(Stopped):
        lpzero.leave_one_out(TABLES, output=tmp_path / "runs", watch=stop, **SMALL)
    result = lpzero.leave_one_out(TABLES, output=tmp_path / "runs", **SMALL)
    assert [table.figures.table for table in result.tables] == ["gpt2-own", "llama-own", "flexibert-own"]
    for table in result.tables:
        found = lpzero.load_proxy(table.run)
        assert table.figures.table not in found.found_tables
        assert len(found.found_tables) == 2
    assert lpzero.load_proxy(result.best.run).found_tables == ("gpt2-own", "llama-own", "flexibert-own")
    kept = json.loads((tmp_path / "runs" / "leave_one_out.json").read_text())
    assert kept == result.to_json()
    found = proxy_document(tmp_path / "runs" / "all", "universal")["found"]["left_out"]
    assert [row["table"] for row in found] == ["gpt2-own", "llama-own", "flexibert-own"]
    for row, table in zip(found, result.tables, strict=True):
        assert row["test"]["tau_a"] == table.figures.test.tau_a
        assert row["formula"] == table.formula
        assert set(row["controls"]) == {"shape_quadratic"}
    assert proxy_document(tmp_path / "runs" / "gpt2-own", "alone")["found"]["left_out"] == []
    assert result.summary[0].what == "formula"
    assert {"shape_quadratic", "decoder_params", "snip"} <= {row.what for row in result.summary}
    assert lpzero.leave_one_out(TABLES, output=tmp_path / "runs", **SMALL) == result


@pytest.mark.parametrize("tables", [[], ["gpt2-own"], ["gpt2-own", "llama-own"]])
def test_too_few_tables_are_refused(tables: list[str], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"^expected 3 tables or more to leave one out of, found {len(tables)}"):
        lpzero.leave_one_out(tables, output=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_table_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected each table once, found gpt2-own twice"):
        lpzero.leave_one_out(["gpt2-own", "llama-own", "gpt2-own"], output=tmp_path / "runs", **SMALL)


def test_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    tables = [str(tmp_path / "a" / "mine"), str(tmp_path / "b" / "mine"), "gpt2-own"]
    with pytest.raises(
        InputError, match=r"^expected tables with names of their own, .* found 'mine' twice: rename the "
    ):
        lpzero.leave_one_out(tables, output=tmp_path / "runs", **SMALL)
    assert not (tmp_path / "runs").exists()
