"""``lpzero runs``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.cli.main import run

RUNS = Path(__file__).parents[1] / "reporting" / "runs"


def test_runs_are_a_table_or_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runs", str(RUNS)]) == 0
    out = capsys.readouterr().out
    assert out.split()[:4] == ["run", "command", "state", "best"]
    assert "sealed tau-a 0." in out
    assert run(["runs", str(RUNS), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {row["state"] for row in document["runs"]} == {"finished", "unfinished"}


def test_none_are_said_so_and_no_folder_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runs", str(tmp_path)]) == 0
    assert f"no runs below {tmp_path}\n" in capsys.readouterr().out
    assert run(["runs", str(tmp_path / "nowhere")]) == 2
