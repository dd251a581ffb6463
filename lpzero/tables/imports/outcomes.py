"""What came of trainings, as a user's file may say it in columns of its own: ``lpzero suggest`` writes such files."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from lpzero.errors import InputError
from lpzero.tables.document import described
from lpzero.tables.imports.columns import Columns, Entry
from lpzero.tables.imports.lines import Lines, Row, read_lines

STATUS = "status"
SAID = ("by", "value", "low", "high", "chance")
"""Columns that are written for people; what stands in them is not read."""


class AttemptStatus(str, Enum):
    """What came of training an architecture: ``ok`` has a quality, ``pending`` is not known yet, all else failed."""

    OK = "ok"
    PENDING = "pending"
    FAILED = "failed"
    DIVERGED = "diverged"
    OUT_OF_MEMORY = "out_of_memory"
    TIMEOUT = "timeout"
    KILLED = "killed"


@dataclass(frozen=True)
class Outcome:
    """One line of a file.

    Attributes:
        entry: What it says; its quality means nothing unless the status is ``ok``.
        status: What came of the training.
        said: What stands in the columns that are for people, by their names.
    """

    entry: Entry
    status: AttemptStatus
    said: dict[str, str]


@dataclass(frozen=True)
class Outcomes:
    """A file.

    Attributes:
        rows: Its lines, read and checked one by one.
        sha256: SHA-256 of the file.
    """

    rows: Iterator[Outcome]
    sha256: str


def read_outcomes(path: Path, columns: Columns, *, asked: bool = False, unread: bool = False) -> Outcomes:
    """Read CSV or JSON lines with an architecture a line, and what came of its training.

    A column ``status`` may say it. Beside one a quality may be empty: the training failed, or is pending.

    Args:
        path: The file.
        columns: The columns that it may have.
        asked: Whether a quality may be empty, and columns for people be there, in a file without a ``status`` as well.
        unread: Whether the quality is not looked at, and may be missing: every line then is pending.

    Raises:
        InputError: A column, a cell or an architecture is not as expected, a status is unknown or does not go with the
            quality. One line, which names the line of the file, while the rows are read.
    """
    quality = columns.quality
    lines = read_lines(path, may_be_empty=(quality, STATUS, *SAID))
    own = {*columns.whole, *columns.listed, *columns.spellings, columns.depth, quality}
    known = (STATUS, *SAID) if asked or unread or STATUS in lines.columns else ()
    apart = {name for name in known if name in lines.columns and name not in own}
    kept = tuple(name for name in lines.columns if name not in apart)
    names = (*kept, quality) if unread and quality not in kept else kept
    columns.check(Lines(lines.place, names, iter(()), lines.text, lines.sha256))
    may_lack = asked or unread or STATUS in apart
    rows = (_outcome(row, columns, apart, text=lines.text, may_lack=may_lack, unread=unread) for row in lines.rows)
    return Outcomes(rows, lines.sha256)


def _outcome(
    row: Row, columns: Columns, apart: Collection[str], *, text: bool, may_lack: bool, unread: bool
) -> Outcome:
    quality = None if unread else row.cells[columns.quality]
    absent = _empty(quality)
    if absent and text and not may_lack:
        raise InputError(f"{row.place}: {described(columns.quality)}: expected a value, found an empty cell")
    cells = {name: cell for name, cell in row.cells.items() if name not in apart}
    # an empty quality is no number: any stands for it until the architecture is read
    cells[columns.quality] = ("0" if text else 0) if absent and may_lack else quality
    entry = columns.entry(Row(row.place, row.line, cells), text=text)
    cell = row.cells[STATUS] if STATUS in apart and not unread else None
    said = {name: str(row.cells[name]) for name in SAID if name in apart and not _empty(row.cells[name])}
    return Outcome(entry, _status(cell, row, None if absent else entry.quality), said)


def _status(cell: Any, row: Row, quality: float | None) -> AttemptStatus:
    if _empty(cell):
        return AttemptStatus.PENDING if quality is None else AttemptStatus.OK
    try:
        status = AttemptStatus(cell.strip() if isinstance(cell, str) else cell)
    except ValueError:
        known = ", ".join(one.value for one in AttemptStatus)
        raise InputError(f"{row.place}: {STATUS}: expected one of {known}, found {described(cell)}") from None
    if (status is AttemptStatus.OK) != (quality is not None):
        wanted, found = ("a", "none") if quality is None else ("no", f"{quality:g}")
        raise InputError(f"{row.place}: expected {wanted} quality with the status {status.value}, found {found}")
    return status


def _empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
