"""The summary of tables left out in turn: means and worsts of what stands beside each, written out."""

from __future__ import annotations

import pytest

from lpzero.fitness.figures import ComparisonFigures, MatchedFigures
from lpzero.proxy.discovery import BaselineFigures, ChosenFormula, EvolveResult, SealedFigures, TableFigures
from lpzero.proxy.leave_one_out import evidence, summarised


def _tested(tau: float | None, close: float | None) -> SealedFigures:
    figures = None if close is None else MatchedFigures(tau_a=close, interval=None, pairs=9, within=1.25)
    return SealedFigures.model_construct(n=30, tau_a=tau, matched_size=figures, status=None if tau else "constant")


def _left_out(
    table: str, formula: tuple[float | None, float | None], count: tuple[float, float | None]
) -> EvolveResult:
    baseline = BaselineFigures.model_construct(
        proxy="params", direction="higher", labels=None, what=None, test=_tested(*count), versus=ComparisonFigures()
    )
    held = TableFigures.model_construct(
        table=table, space="gpt2", protocol="own", table_sha256="0", test=_tested(*formula), baselines=[baseline]
    )
    best = ChosenFormula.model_construct(formula=f"{table} * depth", direction="higher", test=_tested(0.1, None))
    return EvolveResult.model_construct(run=f"runs/{table}", seed=5, best=best, held_out=[held])


def test_means_and_worsts_over_the_tables() -> None:
    result = summarised(
        [
            _left_out("a", (0.8, 0.6), (0.5, 0.1)),
            _left_out("b", (None, None), (0.7, None)),
            _left_out("c", (0.4, -0.2), (0.9, 0.3)),
        ],
        _left_out("all", (0.9, 0.9), (0.5, 0.1)),
    )
    formula, count = result.summary
    assert (formula.what, count.what, result.seed) == ("formula", "params", 5)
    # a table that the formula does not rank counts as 0 over all pairs, and has no pair of matched size
    assert (formula.mean, formula.worst) == (pytest.approx(0.4), 0.0)
    assert (formula.matched_mean, formula.matched_worst) == (pytest.approx(0.2), -0.2)
    assert (count.mean, count.worst, count.matched_mean) == (pytest.approx(0.7), 0.5, pytest.approx(0.2))
    assert [table.formula for table in result.tables] == ["a * depth", "b * depth", "c * depth"]
    assert (result.best.run, result.best.formula, result.best.direction) == ("runs/all", "all * depth", "higher")


def test_the_file_of_a_proxy_says_what_each_table_said() -> None:
    (row,) = evidence(summarised([_left_out("a", (None, None), (0.5, 0.1))], _left_out("all", (0.9, 0.9), (0.5, 0.1))))
    assert (row["table"], row["protocol"], row["n"], row["formula"]) == ("a", "own", 30, "a * depth")
    assert row["test"] == {"tau_a": None, "matched_size": None}
    assert (row["baseline"]["proxy"], row["baseline"]["tau_a"]) == ("params", 0.5)
    assert row["baseline"]["matched_size"]["tau_a"] == 0.1
    assert row["controls"] == {}


def test_what_stands_beside_some_tables_alone_is_no_row() -> None:
    one, other = _left_out("a", (0.8, 0.6), (0.5, 0.1)), _left_out("b", (0.8, 0.6), (0.5, 0.1))
    other.held_out[0].baselines.clear()
    assert [row.what for row in summarised([one, other], one).summary] == ["formula"]
