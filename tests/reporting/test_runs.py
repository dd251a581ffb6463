"""Runs in one line each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.reporting.runs import list_runs, row_of


def test_every_kind_of_folder_is_listed_and_those_of_several_runs_too(runs: Path) -> None:
    result = list_runs(runs)
    found = {Path(row.run).relative_to(runs).as_posix(): row for row in result.runs}
    assert {"evolve", "several", "enumerate", "search", "open", "schedule", "suggest", "left-out/all"} <= set(found)
    assert found["evolve"].kind == "evolve"
    assert (found["evolve"].best or "").startswith("sealed tau-a 0.")
    assert "regret" in (found["search"].best or "")
    assert "labels" in (found["suggest"].best or "")
    assert {row.state for row in result.runs} == {"finished", "unfinished"}
    assert list_runs(runs).to_json() == result.to_json()


def test_a_damaged_run_is_a_row_with_its_reason(tmp_path: Path, runs: Path) -> None:
    shutil.copytree(runs / "evolve", tmp_path / "evolve")
    (tmp_path / "evolve" / "best.json").write_text("{")
    (tmp_path / "notes").mkdir()
    (tmp_path / "file").write_text("")
    (row,) = list_runs(tmp_path).runs
    assert row.state == "damaged"
    assert row.best is None
    assert "best.json: expected a JSON object" in (row.reason or "")


def test_what_is_not_finished_says_how_far_it_is(copied: Callable[[str], Path]) -> None:
    run = copied("evolve")
    (run / "best.json").unlink()
    assert (row_of(run).state, (row_of(run).best or "")[:15]) == ("unfinished", "tau-a on search")
    search = copied("search")
    (search / "result.json").unlink()
    scored = len((search / "scored.jsonl").read_text().splitlines())
    assert row_of(search).best == f"{scored} scores"


def test_no_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a folder of runs, found no such folder"):
        list_runs(tmp_path / "nowhere")
    with pytest.raises(InputError, match="expected the folder of a run, found none"):
        row_of(tmp_path)
