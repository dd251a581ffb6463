"""``lpzero principles transfer``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.cli.main import run


def test_what_is_judged(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["principles", "transfer", "--from", str(file), "--to", "gpt2-own", "--trials", "4", "--seeds", "3"]
    assert run(command) == 0
    out = capsys.readouterr().out
    assert "d_model ≥ 192" in out
    assert "left behind: even: it is soft" in out
    assert "regret of 4 trials, outside less inside, 3 seeds" in out
    assert run([*command, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["target"]["table"] == "gpt2-own"
    assert [one["id"] for one in document["left_behind"]] == ["even", "words"]


def test_nothing_carries_over(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["principles", "transfer", "--from", str(file), "--to", "rnn-own"]) == 4
    assert "says anything of rnn" in capsys.readouterr().err
