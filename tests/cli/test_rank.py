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
    assert set(document) == {"schema", "table", "protocol", "seed", "n", "scores"}
    for row in document["scores"]:
        assert set(row) == {"proxy", "direction", "status", *RankingFigures.model_fields}
        assert set(row["regret"]) == {"1", "5", "10"}


def test_the_second_table_says_what_lies_behind_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(ARGUMENTS) == 0
    out = capsys.readouterr().out
    first, second = out.split("\n\n")[:2]
    assert "95 % of tau-a" in first
    assert "within depth" in second
    # depth says nothing within a depth
    assert second.splitlines()[2].split()[:2] == ["depth", "0.000"]


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
