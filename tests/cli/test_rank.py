"""``lpzero rank`` prints two tables, and one JSON document with every figure."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from lpzero.cli.main import run
from lpzero.fitness.figures import RankingFigures

ARGUMENTS = ["rank", "params", "depth", "--table", "gpt2-own", "--device", "cpu", "--jobs", "1"]


def test_the_document_has_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ARGUMENTS, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    facts = {"total", "left_out", "labels", "matched", "controls"}
    assert set(document) == {"schema", "table", "protocol", "seed", "n", "scores", *facts}
    for row in document["scores"]:
        named = {"proxy", "direction", "status", "in_sample", "against", "spread"}
        assert set(row) == {*named, *RankingFigures.model_fields}
        assert set(row["regret"]) == {"1", "5", "10"}
    # without labels a count is the one control
    assert [row["control"] for row in document["controls"]] == ["strongest_count"]


def test_the_second_table_says_what_lies_behind_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(ARGUMENTS) == 0
    out = capsys.readouterr().out
    first, second = out.split("\n\n")[:2]
    assert "95 % of tau-a" in first
    assert "within depth" in second
    # depth says nothing within a depth
    assert second.splitlines()[2].split()[:2] == ["depth", "0.000"]


def test_controls_and_what_was_left_out_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ARGUMENTS, "--labels", "64"]) == 0
    out = capsys.readouterr().out
    for line in ("control strongest_count: ", "control spec_ridge (64 labels)", "64 of 128 architectures, 64 left out"):
        assert line in out
    assert run(ARGUMENTS) == 0
    assert "no labels for regressions: give --labels" in capsys.readouterr().out


def test_a_proxy_that_saw_some_of_them_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["rank", "gpt2/own", "depth", "--table", "gpt2-own", "--include-seen", "--batch", "1", "--tokens", "4"]
    assert run([*words, "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    assert "\ngpt2/own *" in out
    assert "\ndepth  " in out
    assert "* in-sample: it was chosen on some of these" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--labels", "125"], "--labels: expected from 4 to 124, which leaves 4 of the 128 architectures of gpt2-own"),
        (["--labels", "3"], "--labels: expected from 4 to 124"),
        (["--matched", "0.9"], "--matched: expected a ratio of sizes of at least 1, such as 1.25, found 0.9"),
    ],
)
def test_wrong_use_is_a_line_and_the_code_2(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ARGUMENTS, *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"lpzero: error: {message}")
    assert captured.err.count("\n") == 1


def test_a_ranking_loads_neither_the_evolution_nor_a_compiler() -> None:
    script = (
        "import sys\n"
        "from lpzero.cli.main import run\n"
        "assert run(['rank', 'params', '--table', 'flexibert-own', '--jobs', '1']) == 0\n"
        "print('loaded:', [name for name in ('deap', 'numba') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("loaded: []\n")
