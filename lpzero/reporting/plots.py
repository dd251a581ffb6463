"""A drawing with what is said of it: for pages, and as a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lpzero.errors import InputError, LpzeroError
from lpzero.files import write_bytes
from lpzero.reporting.pictures import Interval, height_of, intervals
from lpzero.reporting.svg import HEIGHT, SUFFIXES, WIDTH, Drawing, to_file


@dataclass(frozen=True)
class Plot:
    """A drawing with what is said of it.

    Attributes:
        drawing: What draws it.
        caption: What it shows.
        alt: What there is to see.
        points: The numbers in it.
        height: Of it, in inches.
    """

    drawing: Drawing
    caption: str
    alt: str
    points: dict[str, Any]
    height: float = HEIGHT


def of_intervals(rows: Sequence[Interval], what: str, caption: str, *, zero: bool = False) -> Plot:
    """Values with their intervals, a line each."""
    alt = f"{what}, a line each: {', '.join(f'{row.name} {row.value:.3f}' for row in rows)}."
    points: dict[str, Any] = {
        "name": [row.name for row in rows],
        "value": [row.value for row in rows],
        "ends": [None if row.ends is None else list(row.ends) for row in rows],
    }
    return Plot(intervals(rows, what, zero=zero), caption, alt, points, height_of(len(rows)))


def two(interval: Sequence[float] | None) -> tuple[float, float] | None:
    """The ends of an interval as a pair."""
    return None if not interval else (interval[0], interval[1])


def check_plot(path: Path | None) -> None:
    """Raise InputError for a file that no picture is written to: before the work, not after it."""
    if path is not None and path.suffix not in SUFFIXES:
        raise InputError(f"`plot`: expected a file with the suffix {' or '.join(SUFFIXES)}, found {path}")


def write_plot(path: Path, plot: Plot | None) -> None:
    """Write a picture; nothing where there is none.

    Args:
        path: The file, ``.svg`` or ``.png``.
        plot: The picture.

    Raises:
        InputError: There is nothing to draw.
        LpzeroError: The file cannot be written.
    """
    if plot is None:
        raise InputError(f"{path}: expected figures to draw, found none")
    try:
        write_bytes(path, to_file(plot.drawing, path.suffix, (WIDTH, plot.height)))
    except OSError as err:
        raise LpzeroError(f"{path} cannot be written: {err.strerror or err}") from err
