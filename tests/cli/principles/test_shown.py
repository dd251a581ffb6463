"""How principles are shown."""

from __future__ import annotations

from lpzero.cli.principles.shown import HEADER, cells, left
from lpzero.principles import Principle
from lpzero.principles.result import RemainingFigures


def test_a_row_has_the_columns_of_the_header() -> None:
    advice = Principle(id="a", statement="words", status="advice")
    assert cells(advice) == ["a", "advice", "words", *[None] * 6]
    assert len(cells(advice)) == len(HEADER)


def test_what_is_left() -> None:
    assert left(RemainingFigures(share=0.25, architectures=10)) == (
        "the hard rules leave 25.000% of the space, 10 architectures"
    )
    found = left(RemainingFigures(share=0.1, interval=[0.05, 0.15], draws=2000))
    assert found == "the hard rules leave 10.00% of the space (5.00% to 15.00%, 2000 draws)"
