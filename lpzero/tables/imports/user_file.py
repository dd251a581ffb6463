"""A user's own file as a table: every line is checked before anything is kept."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lpzero.errors import InputError, LpzeroError
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.spaces.toml.space import ConfigSpace
from lpzero.tables.document import described
from lpzero.tables.folder import LARGEST, MeasuredRecord, records_text, write_folder
from lpzero.tables.imports.columns import Columns, Entry
from lpzero.tables.imports.outcomes import AttemptStatus, read_outcomes

_LOG = logging.getLogger(__name__)
FEWEST = 4


@dataclass(frozen=True)
class Imported:
    """What a file holds.

    Attributes:
        records: One record an architecture, in the order of the file.
        dropped: Number of lines that say again what one before them says.
        sha256: SHA-256 of the file.
    """

    records: tuple[MeasuredRecord, ...]
    dropped: int
    sha256: str


def import_table(path: Path, space: SearchSpace, *, quality: str = "quality") -> Imported:
    """Read a CSV file or JSON lines with an architecture and its quality a line; nothing is written.

    An architecture that is there again with the same quality is kept once. A record without an id is named after
    its line, such as ``line-2``. In a file with a column ``status``, such as ``lpzero suggest`` writes, what failed or
    is pending is left out, which the log tells.

    Args:
        path: The file, as :func:`lpzero.tables.imports.lines.read_lines` takes it, with the columns of
            :mod:`lpzero.tables.imports.columns`.
        space: The space of the architectures, under the protocol that they stand for.
        quality: The column with the measured quality.

    Raises:
        InputError: The space is a checkpoint, or something in the file is not as expected: a column, a cell, an
            architecture outside the space, an id of two architectures, an architecture with two qualities, fewer than
            4 architectures, one quality for all. One line, which names the line of the file.
    """
    if space.reference != space.name and not isinstance(space, ConfigSpace):
        raise InputError(
            f"{space.reference}: expected a space with a name or a file that a table can keep, found a checkpoint: "
            "its sub-networks are searched with `model`, and no table of them is imported"
        )
    told = read_outcomes(path, Columns.of(space, quality))
    rows = list(told.rows)
    entries, dropped = _distinct(row.entry for row in rows if row.status is AttemptStatus.OK)
    without = sum(row.status is not AttemptStatus.OK for row in rows)
    if without:
        _LOG.info("%s: %d lines have no quality, which is pending or failed, and are left out", path, without)
    if len(entries) < FEWEST:
        raise InputError(f"{path}: expected at least {FEWEST} different architectures, found {len(entries)}")
    if len({entry.quality for entry in entries}) < 2:
        raise InputError(f"{path}: expected different qualities, found {entries[0].quality} in every line")
    records = tuple(MeasuredRecord(id=e.id, architecture=e.architecture.to_json(), quality=e.quality) for e in entries)
    return Imported(records, dropped, told.sha256)


def _distinct(entries: Iterator[Entry]) -> tuple[list[Entry], int]:
    """The first entry of each architecture, and how many others say the same again."""
    first: dict[Architecture, Entry] = {}
    named: dict[str, Entry] = {}
    dropped = 0
    for entry in entries:
        place, same = entry.row.place, named.setdefault(entry.id, entry)
        if same.architecture != entry.architecture:
            raise InputError(
                f"{place}: expected an id of its own, found {described(entry.id)}, which line {same.row.line} has for "
                "another architecture: change one of the two"
            )
        before = first.setdefault(entry.architecture, entry)
        if before.quality != entry.quality:
            raise InputError(
                f"{place}: expected the quality {before.quality} that line {before.row.line} gives the same "
                f"architecture, found {entry.quality}: keep one of the two lines"
            )
        dropped += before is not entry
    return list(first.values()), dropped


def refuse_existing(folder: Path) -> None:
    """Raise InputError where there is anything at the place of a new table."""
    if os.path.lexists(folder):
        raise InputError(f"{folder}: expected no such file or folder yet, found one: give another `out`")


def write_new(
    folder: Path, card: dict[str, Any], records: Sequence[MeasuredRecord], space: SearchSpace | None = None
) -> None:
    """Write a table as a new folder, whole or not at all.

    Args:
        folder: Where; the folders above it are made where they are not there.
        card: As :func:`lpzero.tables.folder.write_folder` takes it.
        records: The records.
        space: Their space, whose file the folder keeps; None for one that its name finds.

    Raises:
        InputError: There is something at this place already, or the records are more than a table may have.
        LpzeroError: The folder cannot be written.
    """
    if len(records_text(records)) > LARGEST:
        raise InputError(f"{folder}: expected at most {LARGEST >> 20} MiB of records, found more: import fewer")
    part = folder.parent / f".lpzero-{secrets.token_hex(8)}.part"
    try:
        part.mkdir(parents=True)
        write_folder(part, card, records, space)
        refuse_existing(folder)
        part.rename(folder)
    except OSError as err:
        raise LpzeroError(f"{folder} cannot be written: {err.strerror or err}") from err
    finally:
        # unless it was renamed it is still there, after an error and after an interrupt
        shutil.rmtree(part, ignore_errors=True)
