"""What commands print: one JSON document, or tables for people; and what goes on, on stderr."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lpzero.reporting.cells import AGAINST, MATCHED, SHARES, against, difference, ends, figure, figures, matched, shares

if TYPE_CHECKING:
    from lpzero.result import Result

__all__ = [
    "AGAINST",
    "MATCHED",
    "SHARES",
    "against",
    "as_json",
    "difference",
    "ends",
    "figure",
    "figures",
    "matched",
    "print_grid",
    "print_json",
    "print_result",
    "say",
    "say_report",
    "shares",
]

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


def say_report(run: str | Path) -> None:
    """Say which line opens the report of what a command has kept."""
    say(f"report: lpzero report {shlex.quote(str(run))} --open")


def say(message: str) -> None:
    """Tell a person something on stderr."""
    click.echo(message, err=True)
