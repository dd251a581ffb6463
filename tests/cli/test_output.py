"""The cells of the printed tables."""

from __future__ import annotations

from lpzero.cli.output import AGAINST, MATCHED, SHARES, against, figures, matched, shares
from lpzero.fitness.figures import (
    ComparisonFigures,
    CorrelationFigures,
    DifferenceFigures,
    MatchedFigures,
    RankingFigures,
    RegretFigures,
    StratumFigures,
)


def test_a_comparison_is_said_over_all_pairs_and_at_matched_size() -> None:
    some = {"interval": [-0.01, 0.1], "p": 0.04, "p_swap": 0.05, "p_holm": 0.08}
    close = DifferenceFigures(difference=-0.2, interval=[-0.3, -0.1], p=0.01, p_swap=0.01, p_holm=0.02)
    both = ComparisonFigures(difference=0.0514, matched_size=close, **some)
    assert against(both) == ["+0.051", "-0.010 to +0.100", "0.080", "-0.200", "-0.300 to -0.100", "0.020"]
    assert against(ComparisonFigures(difference=0.0514, **some))[3:] == [None] * 3
    assert against(ComparisonFigures()) == [None] * 6
    assert len(against(both)) == len(AGAINST)


def test_what_a_ranking_does_not_have_is_a_dash() -> None:
    ranking = RankingFigures(
        within_depth=StratumFigures(tau_a=None, pairs=0),
        within_width=StratumFigures(tau_a=0.25, pairs=3),
        regret={"1": RegretFigures(quality=2.0, share=0.2), "5": RegretFigures(quality=0.0, share=0.0)},
    )
    assert shares(ranking) == [None, "0.250", None, "20.0, 0.0"]
    assert len(SHARES) == 4


def test_matched_size_has_its_interval_and_its_pairs() -> None:
    close = MatchedFigures(tau_a=0.5, interval=[0.4, 0.6], pairs=1234, within=1.25)
    assert matched(RankingFigures(matched_size=close)) == ["0.500", "0.400 to 0.600", "1,234"]
    assert matched(RankingFigures(matched_size=MatchedFigures())) == [None, None, "0"]
    assert matched(RankingFigures()) == [None] * len(MATCHED)


def test_an_interval_is_shown_where_there_is_one() -> None:
    four = {"tau_a": 0.5, "tau_b": 0.51, "rho": 0.6, "distinct": 1.0}
    cells = ["0.500", "0.510", "0.600", "1.000"]
    assert figures(CorrelationFigures.model_validate(four)) == [*cells, None]
    assert figures(RankingFigures.model_validate({**four, "interval": [0.4, 0.6]})) == [*cells, "0.400 to 0.600"]
