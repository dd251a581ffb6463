"""What commands print: one JSON document, or tables for people; and what goes on, on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from lpzero.fitness.figures import ComparisonFigures, CorrelationFigures, DifferenceFigures, RankingFigures
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
    cells.append(ends(interval))
    return cells


def shares(ranking: RankingFigures) -> list[str | None]:
    """What lies behind the figures of a ranking: tau-a among comparable architectures and at the top, and regret."""
    parts = (ranking.within_depth, ranking.within_width, ranking.top_decile)
    cells = [None if part is None else figure(part.tau_a) for part in parts]
    lost = ranking.regret
    cells.append(None if not lost else ", ".join(f"{100 * regret.share:.1f}" for regret in lost.values()))
    return cells


def matched(ranking: RankingFigures | TransferCell) -> list[str | None]:
    """Tau-a at matched size, its interval and the number of pairs."""
    close = ranking.matched_size
    if close is None:
        return [None] * len(MATCHED)
    return [figure(close.tau_a), ends(close.interval), f"{close.pairs:,}"]


MATCHED = ("matched size", "95 %", "pairs")
"""The header of :func:`matched`."""


def ends(interval: Sequence[float] | None, *, signed: bool = False) -> str | None:
    """An interval; one of a difference with its signs."""
    if not interval:
        return None
    return ("{:+.3f} to {:+.3f}" if signed else "{:.3f} to {:.3f}").format(*interval)


SHARES = ("within depth", "within width", "top decile", "regret of 1, 5, 10 (% of range)")
"""The header of :func:`shares`."""


AGAINST = ("difference of tau-a", "95 %", "p (Holm)", "at matched size", "95 %", "p (Holm)")
"""The header of :func:`against`."""


def against(versus: ComparisonFigures) -> list[str | None]:
    """How much better something ranks than something else, over all pairs and at matched size."""
    close = versus.matched_size
    return [*difference(versus), *([None] * 3 if close is None else difference(close))]


def difference(found: DifferenceFigures) -> list[str | None]:
    """A difference, its interval and its p-value after Holm's correction."""
    shown = None if found.difference is None else f"{found.difference:+.3f}"
    return [shown, ends(found.interval, signed=True), figure(found.p_holm)]


def say(message: str) -> None:
    """Tell a person something on stderr."""
    click.echo(message, err=True)
