"""Attempts in a file: what a user fills in, and what goes back in as it is, in part, or in another order."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lpzero.acquisition.attempts import Attempt, AttemptStatus, Tried
from lpzero.acquisition.suggestion import Suggestion
from lpzero.errors import InputError
from lpzero.files import write_text
from lpzero.spaces.space import SearchSpace
from lpzero.tables.imports.columns import ARCHITECTURE, ID, Columns
from lpzero.tables.imports.outcomes import SAID, STATUS, read_outcomes


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
    found: list[Line] = []
    for row in read_outcomes(path, columns, asked=True).rows:
        entry = row.entry
        try:
            attempt = Attempt(entry.architecture, row.status, entry.quality if row.status is AttemptStatus.OK else None)
            tried = tried.told([attempt])
        except InputError as err:
            raise InputError(f"{entry.row.place}: {err}") from err
        found.append(Line(entry.id, attempt, row.said))
    return found


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
