"""What commands print: one JSON document, or tables for people; and what goes on, on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from lpzero.fitness.figures import CorrelationFigures, RankingFigures
    from lpzero.proxy.discovery import BaselineFigures
    from lpzero.proxy.transfer import TransferCell
    from lpzero.result import Result

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def print_json(document: dict[str, Any]) -> None:
    """Print a document; NaN and infinity are refused, a status stands for them."""
    click.echo(json.dumps(document, indent=2, allow_nan=False))


def print_result(result: Result) -> None:
    """Print a result as one JSON document."""
    print_json(result.to_json())


def print_grid(header: Sequence[str] | None, rows: Sequence[Sequence[object]]) -> None:
    """Print rows of cells in columns, with or without a header.

    Args:
        header: Names of the columns; None for none.
        rows: Cells, shown with ``str``; None is shown as a dash.
    """
    if sys.stdout is None:
        return
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    width = max((len(row) for row in rows), default=2)
    grid = Grid(*(header or [""] * width), show_header=header is not None, box=None, pad_edge=False)
    for column in grid.columns:
        column.overflow = "fold"
    for row in rows:
        # Text, since a path or a formula may hold brackets, which rich would read as markup
        grid.add_row(*(Text("-" if cell is None else str(cell)) for cell in row))
    # a file has no width to fold at
    Console(width=None if sys.stdout.isatty() else 1000).print(grid)


def figure(value: float | None) -> str | None:
    """A correlation with three decimals."""
    return None if value is None else f"{value:.3f}"


def figures(correlation: CorrelationFigures | TransferCell) -> list[str | None]:
    """The four figures of a correlation, and the interval where it has one."""
    cells = [figure(value) for value in (correlation.tau_a, correlation.tau_b, correlation.rho, correlation.distinct)]
    interval = getattr(correlation, "interval", None)
    cells.append(None if not interval else f"{interval[0]:.3f} to {interval[1]:.3f}")
    return cells


def shares(ranking: RankingFigures) -> list[str | None]:
    """What lies behind the figures of a ranking: tau-a among comparable architectures and at the top, and regret."""
    parts = (ranking.within_depth, ranking.matched_size, ranking.top_decile)
    cells = [None if part is None else figure(part.tau_a) for part in parts]
    lost = ranking.regret
    cells.append(None if not lost else ", ".join(f"{100 * regret.share:.1f}" for regret in lost.values()))
    return cells


SHARES = ("within depth", "matched size", "top decile", "regret of 1, 5, 10 (% of range)")
"""The header of :func:`shares`."""


AGAINST = ("against baselines", "difference of tau-a", "95 %", "p", "p (Holm)")
"""The header of :func:`against`."""


def against(baselines: Sequence[BaselineFigures]) -> list[list[str | None]]:
    """The best formula against each baseline that it was compared with, a row each."""
    rows: list[list[str | None]] = []
    for baseline in baselines:
        versus = baseline.versus
        if versus.interval and versus.difference is not None:
            ends = "{:+.3f} to {:+.3f}".format(*versus.interval)
            rows.append([baseline.proxy, f"{versus.difference:+.3f}", ends, figure(versus.p), figure(versus.p_holm)])
    return rows


def say(message: str) -> None:
    """Tell a person something on stderr."""
    click.echo(message, err=True)
