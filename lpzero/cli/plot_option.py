"""The option that writes a picture of a result, and what writes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lpzero.cli.output import say

if TYPE_CHECKING:
    from lpzero.reporting.results import Plotted


def _checked(_ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    """Refuse what is no picture before the work, not after it."""
    if value is not None:
        from lpzero.reporting.plots import check_plot

        check_plot(value)
    return value


plot_option = click.option(
    "--plot",
    type=click.Path(path_type=Path),
    callback=_checked,
    help="Write a picture of the result to this file, .svg or .png.",
)


def write_picture(path: Path | None, result: Plotted) -> None:
    """Write the picture of a result, where one is asked for.

    Raises:
        LpzeroError: There is nothing to draw, or the file cannot be written.
    """
    if path is None:
        return
    from lpzero.reporting.plots import write_plot
    from lpzero.reporting.results import plot_of

    write_plot(path, plot_of(result))
    say(f"picture: {path}")
