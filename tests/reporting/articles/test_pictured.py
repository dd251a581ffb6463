"""Plots as pictures of a page."""

from __future__ import annotations

from lpzero.reporting.articles.pictured import pictured
from lpzero.reporting.pictures import Interval
from lpzero.reporting.plots import of_intervals


def test_a_plot_is_a_picture_with_all_that_is_said_of_it() -> None:
    plot = of_intervals([Interval("a", 0.5)], "tau-a", "A caption.")
    (picture,) = pictured(plot, "one")
    assert (picture.caption, picture.alt, picture.points) == (plot.caption, plot.alt, plot.points)
    assert 'id="one-' in picture.svg


def test_nothing_to_draw_is_no_picture() -> None:
    assert pictured(None, "one") == []
