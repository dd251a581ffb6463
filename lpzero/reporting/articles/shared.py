"""What articles of several kinds say: counts, numbers, environment, how to repeat a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from lpzero.reporting.blocks import Block, Code, Facts, Grid, Section, Text
from lpzero.reporting.repeat import command_of, files_of
from lpzero.reporting.standing import environment


def repeated(folder: Path, command: str, config: BaseModel, *more: Block) -> Section:
    """How to get the run again, and what it ran on.

    Args:
        folder: The folder of the run.
        command: The command that made it.
        config: Its settings.
        more: What else there is to say.

    Raises:
        InputError: The environment of the run is damaged.
    """
    files = [(Text(f"with this as {name}:"), Code(content)) for name, content in files_of(config).items()]
    beside: list[Block] = [block for both in files for block in both]
    return repeated_by(folder, command_of(command, config), *beside, *more)


def repeated_by(folder: Path, line: str, *more: Block) -> Section:
    """As :func:`repeated`, of a command line."""
    found = environment(folder)
    ran: Block = Facts(found) if found else Text("The folder does not say which versions the run had.")
    return Section("How to repeat it", [Code(line), *more, ran])


def counted(caption: str, what: str, counts: Mapping[str, int]) -> Grid:
    """Numbers by name, the largest first."""
    rows = [[name, f"{number:,}"] for name, number in sorted(counts.items(), key=lambda item: -item[1])]
    return Grid(caption, [what, "number"], rows, worked=len(rows) > 5)


def plain(value: float | None, digits: int = 6) -> str | None:
    """A number for people; None where there is none that is finite."""
    return None if value is None or not math.isfinite(value) else f"{value:.{digits}g}"


def amount(value: float) -> str:
    """A cost for people: whole numbers in full.

    >>> amount(3527968), amount(0.01234)
    ('3,527,968', '0.01234')
    """
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.6g}"
