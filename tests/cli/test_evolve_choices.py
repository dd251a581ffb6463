"""`lpzero evolve` on tables of choices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.cli.main import run
from tests.compression.choices.made import made

SMALL = ["--islands", "1", "--population", "6", "--generations", "1", "--elite", "1", "--migrants", "1"]


def test_the_document_and_the_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, out = str(made(tmp_path).folder), str(tmp_path / "run")
    assert run(["evolve", "--table", table, *SMALL, "--output", out, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in document["tests"][0]["importances"]][:2] == ["found", "taylor"]
    assert run(["evolve", "--resume", out]) == 0
    printed = capsys.readouterr().out
    assert document["best"]["formula"] in printed
    assert "3 sealed layers" in printed


def test_options_that_mean_nothing_here_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = str(made(tmp_path, depth=2).folder)
    assert run(["evolve", "--table", table, "--space", "gpt2"]) == 2
    assert "--space has no effect beside --table: it is one of choices" in capsys.readouterr().err
    assert run(["evolve", "--table", table, "--table", "gpt2-own"]) == 2
    assert "expected tables of choices alone beside one another" in capsys.readouterr().err
