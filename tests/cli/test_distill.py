"""``lpzero predictor distill`` says what was taught, and prints the document of the function."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.cli.main import run


def test_it_says_what_was_taught(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "student.json"
    words = ["predictor", "distill", "params", "--space", "gpt2", "--protocol", "own", "--student", "boosting"]
    words += ["--number", "100", "--held-out", "20", "--output", str(path)]
    assert run(words) == 0
    out = capsys.readouterr().out
    assert out.startswith("boosting, taught by params on 100 architectures of gpt2, protocol own, in ")
    assert "the teacher is sure of 100 of them; 0 without a value are left out" in out
    assert "of 20 held out, which it takes for known: tau-a " in out
    assert out.endswith(f"kept in {path}\n")
    assert run([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["learnt"] == 100
    assert run(["predictor", "distill", "params", "--output", str(path)]) == 2
    assert capsys.readouterr().err.startswith("lpzero: error: --space is missing")
