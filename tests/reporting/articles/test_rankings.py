"""A formula beside its baselines and controls."""

from __future__ import annotations

import pytest

from lpzero.fitness.figures import ComparisonFigures, DifferenceFigures, MatchedFigures
from lpzero.proxy.discovery import BaselineFigures, SealedFigures
from lpzero.reporting.articles.rankings import beside, verdict
from lpzero.reporting.blocks import Grid, Picture, Text

TEST = SealedFigures(
    n=50, tau_a=0.6, interval=[0.5, 0.7], matched_size=MatchedFigures(tau_a=0.4, interval=[0.2, 0.6], pairs=90)
)


def _row(name: str, tau: float, low: float, high: float, p: float, labels: int | None = None) -> BaselineFigures:
    close = DifferenceFigures(difference=0.0, interval=[-0.1, 0.1], p=1.0, p_holm=1.0)
    versus = ComparisonFigures(difference=(low + high) / 2, interval=[low, high], p=p, p_holm=p, matched_size=close)
    return BaselineFigures(proxy=name, labels=labels, test=SealedFigures(n=50, tau_a=tau), versus=versus)


ROWS = [
    _row("params", 0.3, 0.1, 0.5, 0.001),
    _row("width", 0.5, 0.0, 0.2, 0.2),
    _row("spec_ridge", 0.8, -0.3, -0.1, 0.001, labels=20),
]


def test_sentences_name_the_strongest_of_each_kind_and_whether_it_is_clear() -> None:
    texts = [one.text for one in verdict(TEST, ROWS, "formula")]
    assert texts[0].startswith(
        "On 50 architectures that nothing had looked at before, tau-a is 0.600 (0.500 to 0.700)."
    )
    assert "At matched size (90 pairs of about as many parameters) it is 0.400 (0.200 to 0.600)." in texts[0]
    assert "width with 0.500: the formula is neither clearly better nor clearly worse" in texts[1]
    assert "spec_ridge (20 labels) with 0.800: the formula is clearly worse (-0.200" in texts[2]


def test_every_row_stands_in_table_and_picture() -> None:
    blocks = beside(TEST, ROWS, "n", subject="formula")
    grids = [one for one in blocks if isinstance(one, Grid)]
    assert [row[0] for row in grids[0].rows] == ["formula", "params", "width", "spec_ridge (20 labels)"]
    words = [(row[4], row[8]) for row in grids[1].rows]
    assert words == [("clearly better", "not clear"), ("not clear", "not clear"), ("clearly worse", "not clear")]
    picture = next(one for one in blocks if isinstance(one, Picture))
    assert picture.points["value"] == [0.6, 0.3, 0.5, 0.8]


@pytest.mark.parametrize("status", ["unjudged", "constant"])
def test_without_figures_the_status_is_said(status: str) -> None:
    (only,) = beside(SealedFigures(n=0, status=status), [], "n")
    assert isinstance(only, Text)
    assert only.warning
    assert status in only.text
