"""``lpzero principles mine``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.cli.main import run
from lpzero.principles import read_principles


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_what_is_mined(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["principles", "mine", "--table", "rnn-own", "--top", "25%", "--output", "p.json"]
    assert run(command) == 0
    out = capsys.readouterr().out
    assert "kept in p.json" in out
    assert "of the top" in out
    first = read_principles(Path("p.json"))
    assert run([*command, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["space"]) == (1, "rnn")
    # the same command writes the same file
    assert read_principles(Path("p.json")) == first


def test_a_flag_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["principles", "mine", "--table", "rnn-own", "--at-size", "0.5", "--output", "p.json"]
    assert run(command) == 2
    assert "--at-size: expected a factor above 1" in capsys.readouterr().err
    assert not Path("p.json").exists()
