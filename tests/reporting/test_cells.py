"""Figures as cells."""

from __future__ import annotations

import pytest

from lpzero.fitness.figures import ComparisonFigures, DifferenceFigures, MatchedFigures, RankingFigures
from lpzero.reporting.cells import AGAINST, MATCHED, SHARES, against, clear, ends, figures, matched, shares


def _difference(low: float, high: float, p_holm: float) -> DifferenceFigures:
    return DifferenceFigures(difference=(low + high) / 2, interval=[low, high], p=p_holm, p_holm=p_holm)


@pytest.mark.parametrize(
    ("low", "high", "p_holm", "word"),
    [
        (0.01, 0.2, 0.04, "clearly better"),
        (-0.2, -0.01, 0.04, "clearly worse"),
        # several comparisons: an interval that leaves out 0 is not enough
        (0.01, 0.2, 0.06, "not clear"),
        (-0.01, 0.2, 0.04, "not clear"),
    ],
)
def test_a_difference_is_clear_by_its_interval_and_by_holm(low: float, high: float, p_holm: float, word: str) -> None:
    assert clear(_difference(low, high, p_holm)) == word


def test_what_was_not_compared_is_not_known() -> None:
    assert clear(None) == clear(DifferenceFigures()) == "not known"


def test_rows_are_as_long_as_their_headers() -> None:
    full = RankingFigures(tau_a=0.5, interval=[0.4, 0.6], matched_size=MatchedFigures(tau_a=0.3, pairs=1200))
    for ranking in (RankingFigures(), full):
        assert len(figures(ranking)) == 5
        assert len(matched(ranking)) == len(MATCHED)
        assert len(shares(ranking)) == len(SHARES)
    assert len(against(ComparisonFigures())) == len(AGAINST)
    assert matched(full) == ["0.300", None, "1,200"]


def test_the_ends_of_a_difference_have_signs() -> None:
    assert ends([0.1, 0.25]) == "0.100 to 0.250"
    assert ends([-0.1, 0.25], signed=True) == "-0.100 to +0.250"
    assert ends(None) is None
