"""The cells of the printed tables."""

from __future__ import annotations

from lpzero.cli.output import AGAINST, SHARES, against, figures, shares
from lpzero.fitness.figures import (
    ComparisonFigures,
    CorrelationFigures,
    RankingFigures,
    RegretFigures,
    StratumFigures,
)
from lpzero.proxy.discovery import BaselineFigures, SealedFigures


def test_a_comparison_is_a_row_and_none_is_left_out() -> None:
    versus = ComparisonFigures(difference=0.0514, interval=[-0.01, 0.1], p=0.04, p_swap=0.05, p_holm=0.08)
    nothing = ComparisonFigures()
    test = SealedFigures(n=9)
    rows = against(
        [BaselineFigures(proxy=name, test=test, versus=to) for name, to in (("depth", versus), ("x", nothing))]
    )
    assert rows == [["depth", "+0.051", "-0.010 to +0.100", "0.040", "0.080"]]
    assert len(rows[0]) == len(AGAINST)


def test_what_a_ranking_does_not_have_is_a_dash() -> None:
    ranking = RankingFigures(
        within_depth=StratumFigures(tau_a=None, pairs=0),
        matched_size=StratumFigures(tau_a=0.25, pairs=3),
        regret={"1": RegretFigures(quality=2.0, share=0.2), "5": RegretFigures(quality=0.0, share=0.0)},
    )
    assert shares(ranking) == [None, "0.250", None, "20.0, 0.0"]
    assert len(SHARES) == 4


def test_an_interval_is_shown_where_there_is_one() -> None:
    four = {"tau_a": 0.5, "tau_b": 0.51, "rho": 0.6, "distinct": 1.0}
    cells = ["0.500", "0.510", "0.600", "1.000"]
    assert figures(CorrelationFigures.model_validate(four)) == [*cells, None]
    assert figures(RankingFigures.model_validate({**four, "interval": [0.4, 0.6]})) == [*cells, "0.400 to 0.600"]
