"""Plots as pictures of a page."""

from __future__ import annotations

from lpzero.reporting.blocks import Picture
from lpzero.reporting.plots import Plot
from lpzero.reporting.svg import WIDTH, to_svg


def pictured(plot: Plot | None, name: str) -> list[Picture]:
    """A plot as a picture of a page; none where there is nothing to draw."""
    if plot is None:
        return []
    return [Picture(plot.caption, plot.alt, to_svg(plot.drawing, name, (WIDTH, plot.height)), plot.points)]
