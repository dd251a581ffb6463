"""What evolve and enumerate share: their options, and how the result of a discovery is printed."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from lpzero.cli.table_options import print_best, print_left_out, print_tables, split_options, table_options
from lpzero.proxy.discovery import EvolveResult
from lpzero.proxy.leave_one_out import summarised

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

    names = ("space", "protocol", "table", "search_size", "validation_size", "test_size")
    for words in ([], ["--table", "t", "--search-size", "12", "--validation-size", "0"]):
        assert CliRunner().invoke(job, words, catch_exceptions=False).exit_code == 0
    assert received == [
        {**dict.fromkeys(names), "pairs": "all"},
        {**dict.fromkeys(names), "table": "t", "search_size": 12, "validation_size": 0, "pairs": "all"},
    ]
    assert "at most 50" in " ".join(CliRunner().invoke(job, ["--help"]).stdout.split())


def _elsewhere(table: str, **figures: Any) -> dict[str, Any]:
    test = {**TEST, **figures}
    baselines = [
        {"proxy": "params", "direction": "higher", "test": {**TEST, "tau_a": 0.3}},
        {"proxy": "depth", "direction": "higher", "test": {**TEST, "tau_a": 0.1}},
        {
            "proxy": "shape_quadratic",
            "labels": 40,
            "what": "fitted to the other tables",
            "test": {**TEST, "tau_a": 0.2},
        },
    ]
    named = {"table": table, "space": "gpt2", "protocol": "own", "table_sha256": "0"}
    return {**named, "test": test, "baselines": baselines}


def test_other_tables_are_printed_beside_the_strongest_count_and_the_regression(
    capsys: pytest.CaptureFixture[str],
) -> None:
    result = {**RESULT, "beside": [_elsewhere("b")], "held_out": [_elsewhere("c", tau_a=0.7)]}
    print_tables(EvolveResult.model_validate(result))
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert any(line.startswith("b, own: sealed test best formula 0.444") for line in lines)
    assert any(line.startswith("c, own: held out best formula 0.700") for line in lines)
    assert sum(line.startswith("baseline params 0.300") for line in lines) == 2
    assert sum(line.startswith("control shape_quadratic (40 labels") for line in lines) == 2
    assert not any("depth" in line for line in lines)
    without = {"table": "d", "test": {"n": 20, "status": "nonfinite"}}
    print_tables(EvolveResult.model_validate({**RESULT, "held_out": [{**_elsewhere("d"), **without}]}))
    assert "d, own: held out best formula: nonfinite - -" in " ".join(capsys.readouterr().out.split())
    print_tables(EvolveResult.model_validate(RESULT))
    assert capsys.readouterr().out == ""


def test_tables_left_out_in_turn_are_one_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    results = [
        EvolveResult.model_validate({**RESULT, "held_out": [_elsewhere(name, tau_a=tau)]})
        for name, tau in (("b", 0.5), ("c", 0.7))
    ]
    print_left_out(summarised(results, results[0]))
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "without b (lower is better):"
    assert "on all of them, r (lower is better):" in lines
    assert "tau-a (at matched size) b c mean worst" in lines
    assert "formula 0.500 (0.700) 0.700 (0.700) 0.600 (0.700) 0.500 (0.700)" in lines
    assert "params 0.300 (0.700) 0.300 (0.700) 0.300 (0.700) 0.300 (0.700)" in lines
