"""What evolve and enumerate share: their options, and how the result of a discovery is printed."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from lpzero.cli.table_options import print_best, split_options, table_options
from lpzero.proxy.discovery import EvolveResult

PART = {"n": 12, "tau_a": 0.111, "tau_b": 0.222, "rho": 0.333, "distinct": 1.0}
TEST = {
    **{"n": 20, "tau_a": 0.4444, "tau_b": 0.5555, "rho": 0.6666, "distinct": 0.95, "interval": [0.1234, 0.9]},
    **{"within_depth": {"tau_a": 0.2, "pairs": 3}, "matched_size": {"tau_a": 0.7, "interval": [0.6, 0.8], "pairs": 9}},
    **{"top_decile": {"n": 2, "tau_a": 1.0, "precision": 0.5}, "regret": {"1": {"quality": 1.0, "share": 0.125}}},
}
RESULT: dict[str, Any] = {
    **{"schema": 1, "run": "r", "table": "t", "protocol": "own", "seed": 0, "evaluated": 1, "pruned": {}},
    **{"seconds": 0.0, "stopped_by": "generations", "front": []},
    "best": {
        **{"formula": "sum([x])", "direction": "lower", "size": 2, "search": PART, "validation": PART, "test": TEST},
        "sketch": {"search": 0.999, "validation": None},
    },
    "baselines": [
        {
            **{"proxy": "params", "test": {**TEST, "tau_a": 0.3}},
            "versus": {"difference": 0.1444, "interval": [-0.05, 0.2], "p": 0.04, "p_holm": 0.08},
        },
        {"proxy": "synflow", "test": {"n": 20, "status": "overflow"}},
        {"proxy": "strongest_feature", "labels": 24, "what": "width", "test": {**TEST, "tau_a": 0.2}},
    ],
}


def _lines(result: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> list[str]:
    print_best(EvolveResult.model_validate(result))
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_a_result_is_printed_figure_by_figure(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _lines(RESULT, capsys)
    # a bracket is no markup
    assert lines[:2] == ["best formula (lower is better, 2 nodes):", "sum([x])"]
    for line in (
        "best formula 0.444 0.555 0.667 0.950 0.123 to 0.900 0.700 0.600 to 0.800 9",
        "baseline params 0.300 0.555 0.667 0.950 0.123 to 0.900 0.700 0.600 to 0.800 9",
        "baseline synflow - - - - - - - -",
        "control strongest_feature (24 labels: width) 0.200 0.555 0.667 0.950 0.123 to 0.900 0.700 0.600 to 0.800 9",
        "best formula 0.200 - 1.000 12.5",
        "baseline params +0.144 -0.050 to +0.200 0.080 - - -",
        "search (12) 0.111 0.222 0.333 1.000 0.999",
        "validation (12) 0.111 0.222 0.333 1.000 -",
    ):
        assert line in lines, line


def test_without_a_comparison_there_is_no_empty_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert any(line.startswith("best formula less") for line in _lines(RESULT, capsys))
    lines = _lines({**RESULT, "baselines": RESULT["baselines"][1:]}, capsys)
    assert not any(line.startswith("best formula less") for line in lines)
    assert "\n\n\n" not in "\n".join(lines)


def test_the_options_are_left_to_the_library_where_nobody_says() -> None:
    received: list[dict[str, Any]] = []

    @click.command()
    @table_options
    @split_options
    def job(**settings: Any) -> None:
        """Do nothing."""
        received.append(settings)

    names = ("space", "protocol", "table", "search_size", "validation_size")
    for words in ([], ["--table", "t", "--search-size", "12", "--validation-size", "0"]):
        assert CliRunner().invoke(job, words, catch_exceptions=False).exit_code == 0
    assert received == [
        dict.fromkeys(names),
        {**dict.fromkeys(names), "table": "t", "search_size": 12, "validation_size": 0},
    ]
    assert "at most 50" in " ".join(CliRunner().invoke(job, ["--help"]).stdout.split())
