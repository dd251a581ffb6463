"""``lpzero gate`` prints a verdict beside what counting says, and ends with 4 where it has none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lpzero
from lpzero.cli.main import run


@pytest.fixture
def two(tmp_path: Path) -> list[str]:
    paths = [tmp_path / "base.json", tmp_path / "candidate.json"]
    for path, record in zip(paths, lpzero.load_table("gpt2-own").records[2:4], strict=True):
        path.write_text(json.dumps({"protocol": "own", "architecture": record.architecture.to_json()}))
    return [str(path) for path in paths]


def test_before_training_it_prints_a_probability(two: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    words = ["gate", *two, "--table", "gpt2-own", "--features", "spec", "--number", "40"]
    assert run(words) == 0
    out = capsys.readouterr().out
    assert "from (0.9)" in out
    assert "the candidate trains better with a probability of " in out
    assert "by a count of parameters alone: the base is the larger" in out
    assert "ridge, fitted to 40 labels; lower is better; noise of training 0.00823; gpt2 own" in out


def test_after_training_it_prints_what_seeds_say(two: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    words = ["gate", *two, "--direction", "lower", "--noise", "0.01"]
    for base, candidate, verdict in (
        ("1.9", "1.8", "the candidate is better: gain +0.1, 95 % +0.07228 to +0.1277, p 1.54e-12"),
        ("1.8", "1.9", "the candidate is worse: gain -0.1"),
        ("1.9", "1.89", "15 more seeds of each would decide (power .8 at the level .05)"),
        ("1.9", "1.9", "no thousand seeds more of each would decide"),
    ):
        assert run([*words, "--base-quality", base, "--candidate-quality", candidate]) == 0
        out = capsys.readouterr().out
        assert verdict in out
        assert "these seeds find a gain of 0.0396 with power .8" in out
    assert run([*words, "--base-quality", "1.9", "--candidate-quality", "1.8", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["gain"]["verdict"] == "better"


def test_where_nothing_can_be_said_the_code_is_4(two: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    words = ["gate", *two, "--direction", "lower", "--base-quality", "1.9", "--candidate-quality", "1.8"]
    for more in ([], ["--json"]):
        assert run([*words, *more]) == 4
        captured = capsys.readouterr()
        assert captured.err == (
            "lpzero: error: the noise of training is not known: give --noise, or a second seed of either\n"
        )
        assert captured.out
    assert json.loads(captured.out)["status"] == "cannot_say"


def test_wrong_use_is_a_line_and_the_code_2(two: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for words, message in (
        ([*two], "or --direction and what both trained to"),
        ([*two, "--table", "gpt2-own", "--direction", "lower"], "a --table says its space and direction"),
        ([two[0], "nowhere.json", "--table", "gpt2-own"], "nowhere.json: no such file"),
        ([*two, "--base-quality", "nan", "--direction", "lower"], "expected a finite quality a training, found nan"),
    ):
        assert run(["gate", *words]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert message in captured.err
        assert captured.err.count("\n") == 1
