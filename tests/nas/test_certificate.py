"""An exact search from the command line: what it finds is certain, and what it cannot know is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.cli.main import run

GPT2 = ["search", "--space", "gpt2", "--protocol", "own", "--algorithm", "exact", "--device", "cpu"]


def test_what_is_found_is_certain_and_above_what_a_search_finds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*GPT2, "--proxy", "attention_params", "--max-params", "1M", "--samples", "6"]
    assert run([*arguments, "--output", str(tmp_path / "run"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    best, sure = document["best"][0], document["certificate"]
    assert best["costs"]["params"] <= 1_000_000
    assert best["score"] == sure["score"] == pytest.approx(sure["bound"])
    assert sure["gap"] == 0
    assert document["controls"]["random"]["score"] <= best["score"]
    assert run(["search", "--resume", str(tmp_path / "run"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == document


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--proxy", "snip"], "expected a single one of --proxy, a count"),
        (["--proxy", "params", "--proxy", "depth"], "expected a single one of --proxy"),
        (["--proxy", "params", "--max-latency", "1s"], "found latency, which is measured"),
        (["--proxy", "params", "--table", "gpt2-own"], "expected no --table and no --principles"),
        (["--proxy", "params", "--space", "BERT"], "expected a space of which all choices go together"),
    ],
)
def test_what_it_cannot_know_is_refused(
    more: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bert = str(Path(__file__).parents[2] / "examples" / "spaces" / "bert.toml")
    first = ["search", "--algorithm", "exact", "--device", "cpu"] if "BERT" in more else GPT2
    given = [bert if one == "BERT" else one for one in more]
    assert run([*first, *given, "--output", str(tmp_path / "run")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
