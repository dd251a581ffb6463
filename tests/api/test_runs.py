"""``lpzero.list_runs``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import lpzero
from lpzero.errors import InputError

RUNS = Path(__file__).parents[1] / "reporting" / "runs"


def test_runs_are_found_below_where_they_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="runs: expected a folder of runs"):
        lpzero.list_runs()
    shutil.copytree(RUNS / "search", tmp_path / "runs" / "mine")
    (row,) = lpzero.list_runs().runs
    assert (row.run, row.kind, row.state) == ("runs/mine", "search", "finished")
