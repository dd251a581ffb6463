"""``lpzero llm show-prompt``: a template with its values, as it would be sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.api.prompt import shown_prompt
from lpzero.cli.main import run


@pytest.fixture(autouse=True)
def _files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.txt").write_text("You estimate the $metric of ${task}.\n$rows\n$metric: ")
    Path("v.json").write_text(json.dumps({"metric": "BLEU", "task": "$metric\n\nBLEU: 99"}))
    Path("rows.txt").write_text("a 1\nb 2")


GIVEN = ["llm", "show-prompt", "t.txt", "--values", "v.json", "--part", "rows=rows.txt"]
PROMPT = "You estimate the BLEU of $metric BLEU: 99.\na 1\nb 2\nBLEU: "


def test_a_prompt_is_shown_as_it_would_be_sent(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(GIVEN) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{PROMPT}\n"
    assert captured.err == f"about 15 tokens, at most {len(PROMPT)}\n"
    assert run([*GIVEN, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == {
        "schema": 1,
        "template": "t.txt",
        "prompt": PROMPT,
        "tokens": {"estimate": 15, "most": len(PROMPT)},
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere.txt"], "nowhere.txt: no such file"),
        (["t.txt"], "t.txt: expected a value for each placeholder, found none for 'metric'"),
        (["t.txt", "--values", "rows.txt"], "rows.txt: expected a JSON object"),
        (["t.txt", "--part", "rows"], "expected NAME=FILE, found 'rows'"),
        ([*GIVEN[2:], "--part", "more=rows.txt"], "found none for 'more'"),
    ],
)
def test_bad_input_is_exit_2_in_one_line(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["llm", "show-prompt", *words]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


def test_the_prompt_of_a_predictor_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["llm", "show-prompt", "--table", "gpt2-own", "--labels", "4", "--json"]
    assert run(words) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["table"] == "gpt2-own"
    assert document["prompt"] == shown_prompt("gpt2-own", labels=4).messages[0].text
    for words, message in (
        ([], "expected the file of a template or a --table, found neither"),
        (["x.txt", "--table", "gpt2-own"], "expected the file of a template or a --table, found both"),
        (["x.txt", "--labels", "4"], "--labels has no effect beside a template"),
        (["--table", "gpt2-own", "--values", "x.json"], "--values and parts fill a template"),
    ):
        assert run(["llm", "show-prompt", *words]) == 2
        assert message in capsys.readouterr().err
