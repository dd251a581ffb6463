"""Attempts in a file: what a user fills in, and what goes back in as it is, in part, or in another order."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lpzero.acquisition.attempts import Attempt, AttemptStatus, Tried
from lpzero.acquisition.suggestion import Suggestion
from lpzero.errors import InputError
from lpzero.files import write_text
from lpzero.spaces.space import SearchSpace
from lpzero.tables.document import described
from lpzero.tables.imports.columns import ARCHITECTURE, ID, Columns
from lpzero.tables.imports.lines import Lines, Row, read_lines

STATUS = "status"
SAID = ("by", "value", "low", "high", "chance")
"""Columns that are written for people; what stands in them is not read."""


@dataclass(frozen=True)
class Line:
    """A line of a file.

    Attributes:
        id: Its name.
        attempt: What it says.
        said: What stands in the columns that are for people, by their names.
    """

    id: str
    attempt: Attempt
    said: dict[str, str]


def read_attempts(path: Path, space: SearchSpace, tried: Tried, *, quality: str = "quality") -> list[Line]:
    """Read attempts from CSV or JSON lines, with the columns of :func:`lpzero.predictors.labels.read_labels`.

    A column ``status`` may say what came of a training. Without quality and status a training is pending.

    Args:
        path: The file.
        space: The space of the architectures, under the protocol that they stand for.
        tried: What was told before, and must not be told otherwise.
        quality: The column with the quality.

    Raises:
        InputError: A column, a cell or an architecture is not as expected, a status is unknown or does not go with the
            quality, or something else was told of an architecture before. One line, which names the line of the file.
    """
    columns = Columns.of(space, quality)
    for column in (STATUS, *SAID):
        if quality == column:
            raise InputError(f"expected a column of its own for the quality, found {quality!r}: give it another name")
    lines = read_lines(path, may_be_empty=(quality, STATUS, *SAID))
    own = {*columns.whole, *columns.layer, *columns.spellings}
    apart = {name for name in (STATUS, *SAID) if name in lines.columns and name not in own}
    names = tuple(name for name in lines.columns if name not in apart)
    columns.check(Lines(lines.place, names, iter(()), lines.text, lines.sha256))
    found: list[Line] = []
    for row in lines.rows:
        one = _read(row, columns, apart, text=lines.text)
        try:
            tried = tried.told([one.attempt])
        except InputError as err:
            raise InputError(f"{row.place}: {err}") from err
        found.append(one)
    return found


def _read(row: Row, columns: Columns, apart: Collection[str], *, text: bool) -> Line:
    quality = row.cells[columns.quality]
    absent = _empty(quality)
    # an empty quality is no number: any stands for it until the architecture is read
    cells = {name: cell for name, cell in row.cells.items() if name not in apart}
    cells[columns.quality] = ("0" if text else 0) if absent else quality
    entry = columns.entry(Row(row.place, row.line, cells), text=text)
    status = _status(row, absent=absent)
    try:
        attempt = Attempt(entry.architecture, status, None if absent else entry.quality)
    except InputError as err:
        raise InputError(f"{row.place}: {err}") from err
    said = {name: str(row.cells[name]) for name in SAID if name in apart and not _empty(row.cells[name])}
    return Line(entry.id, attempt, said)


def _status(row: Row, *, absent: bool) -> AttemptStatus:
    cell = row.cells.get(STATUS)
    if _empty(cell):
        return AttemptStatus.PENDING if absent else AttemptStatus.OK
    try:
        status = AttemptStatus(cell.strip() if isinstance(cell, str) else cell)
    except ValueError:
        known = ", ".join(one.value for one in AttemptStatus)
        raise InputError(f"{row.place}: {STATUS}: expected one of {known}, found {described(cell)}") from None
    return status


def _empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def suggested(suggestion: Suggestion, name: str, attempt: Attempt) -> Line:
    """A suggestion as the line of a file, with what is known of it so far."""
    numbers = {"value": suggestion.value, "low": suggestion.low, "high": suggestion.high, "chance": suggestion.chance}
    said = {"by": suggestion.by} | {name: f"{one:.6g}" for name, one in numbers.items() if one is not None}
    return Line(name, attempt, said)


def write_attempts(path: Path, attempts: Iterable[Line], *, quality: str = "quality") -> None:
    """Write attempts as CSV, whole or not at all; raises OSError where the file cannot be written."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([ID, quality, STATUS, *SAID, ARCHITECTURE])
    writer.writerows(_cells(one) for one in attempts)
    write_text(path, text.getvalue())


def _cells(one: Line) -> Iterator[str]:
    attempt = one.attempt
    yield one.id
    yield "" if attempt.quality is None else repr(attempt.quality)
    # what was not filled in stays for the user to fill in
    yield "" if attempt.pending or attempt.quality is not None else attempt.status.value
    yield from (one.said.get(name, "") for name in SAID)
    yield json.dumps(attempt.architecture.to_json(), separators=(",", ":"))
