"""``lpzero llm cost``: estimates that say that they are some, and what was spent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.cli.main import run
from lpzero.llm import Ledger, Usage


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_prompt_is_estimated_with_a_bound(capsys: pytest.CaptureFixture[str]) -> None:
    Path("p.txt").write_text("x" * 400)
    words = ["--calls", "1000", "--max-tokens", "25", "--input-price", "2", "--output-price", "8"]
    assert run(["llm", "cost", "p.txt", *words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    # 100 tokens about, 400 and 16 at most; 25 written; 2 and 8 a million
    assert document["estimate"] == {
        "calls": 1000,
        "input": 100_000,
        "output": 25_000,
        "money": 0.4,
        "estimated": True,
    }
    assert document["most"]["input"] == 416_000
    assert document["most"]["money"] == pytest.approx(1.032)
    assert document["spent"] is None
    assert run(["llm", "cost", "p.txt"]) == 0
    assert "tokens read" in capsys.readouterr().out


def test_a_ledger_says_what_was_spent(capsys: pytest.CaptureFixture[str]) -> None:
    with Ledger(Path("llm.jsonl")) as ledger:
        ledger.end(ledger.begin(Usage(100, 20)), Usage(30, 5))
        ledger.begin(Usage(100, 20, estimated=True))
        # a job is at work by it
        words = ["llm", "cost", "--ledger", "llm.jsonl", "--input-price", "1", "--output-price", "1", "--json"]
        assert run(words) == 0
    spent = json.loads(capsys.readouterr().out)["spent"]
    assert spent == {"calls": 2, "input": 130, "output": 25, "money": 0.000155, "estimated": True}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected the file of a prompt, or --ledger"),
        (["nowhere.txt"], "nowhere.txt: no such file"),
        (["--ledger", "nowhere.jsonl"], "nowhere.jsonl: no such file"),
        (["p.txt", "--calls", "0"], "--calls"),
        (["p.txt", "--input-price", "1"], "--output-price"),
        (["p.txt", "--input-price", "-1", "--output-price", "1"], "--input-price: expected at least 0"),
    ],
)
def test_bad_input_is_exit_2_in_one_line(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("p.txt").write_text("x")
    assert run(["llm", "cost", *words]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
