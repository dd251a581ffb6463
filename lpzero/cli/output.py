"""What commands print: one JSON document, or tables for people; and what goes on, on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def print_json(document: dict[str, Any]) -> None:
    """Print a document; NaN and infinity are refused, a status stands for them."""
    click.echo(json.dumps(document, indent=2, allow_nan=False))


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


def figures(document: dict[str, Any]) -> list[str | None]:
    """The four figures of a correlation document, and the interval where it has one."""
    cells = [figure(document.get(name)) for name in ("tau_a", "tau_b", "rho", "distinct")]
    interval = document.get("interval")
    cells.append(None if not interval else f"{interval[0]:.3f} to {interval[1]:.3f}")
    return cells


def say(message: str) -> None:
    """Tell a person something on stderr."""
    click.echo(message, err=True)
