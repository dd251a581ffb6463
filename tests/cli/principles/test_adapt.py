"""``lpzero principles adapt``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.cli.main import run
from lpzero.tables.locate import bundled_folder


def test_what_a_run_trained(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = str(bundled_folder("gpt2-own"))
    command = ["principles", "adapt", str(file), "--results", results, "--top", "20%", "--output"]
    assert run([*command, "q.json", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["version"] == 3
    assert run([*command, "r.json"]) == 0
    out = capsys.readouterr().out
    assert "version 3; kept in r.json" in out
    assert json.loads(Path("q.json").read_text()) == document == json.loads(Path("r.json").read_text())


def test_a_known_table_is_refused(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["principles", "adapt", str(file), "--results", "gpt2-own", "--output", "q.json"]) == 2
    assert "--results: expected the folder of what this run trained, found the known table" in capsys.readouterr().err
