"""Labels from a user's file: an architecture and its quality a line, or an architecture alone."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lpzero.errors import InputError
from lpzero.fitness.noise import Noise, measure_noise
from lpzero.predictors.prediction import FEWEST, Labelled
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table
from lpzero.tables.imports.columns import Columns, Entry
from lpzero.tables.imports.outcomes import AttemptStatus, read_outcomes
from lpzero.tables.published import hat_mt
from lpzero.tables.training_record import TrainedRecord

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Named:
    """Architectures with their names.

    Attributes:
        ids: One each.
        architectures: The architectures.
    """

    ids: tuple[str, ...]
    architectures: tuple[Architecture, ...]


def read_labels(
    path: Path, space: SearchSpace, *, higher_is_better: bool, quality: str = "quality", noise: float | None = None
) -> Labelled:
    """Read labels from CSV or JSON lines, as :func:`lpzero.tables.imports.records.import_table` does.

    A line that says again what one before it says is passed over, which the log tells; so is one whose training failed
    or is pending, in a file with a column ``status``, such as ``lpzero suggest`` writes.

    Args:
        path: The file.
        space: The space of the architectures, under the protocol that they stand for.
        higher_is_better: The direction of the quality.
        quality: The column with it.
        noise: Standard deviation between trainings of one model; None where that is not known.

    Raises:
        InputError: A column, a cell or an architecture is not as expected, an architecture has two qualities, or there
            are fewer than two. One line, which names the line of the file.
    """
    first: dict[Architecture, Entry] = {}
    again = without = 0
    for row in read_outcomes(path, Columns.of(space, quality)).rows:
        if row.status is not AttemptStatus.OK:
            without += 1
            continue
        entry = row.entry
        before = first.setdefault(entry.architecture, entry)
        if before.quality != entry.quality:
            raise InputError(
                f"{entry.row.place}: expected the quality {before.quality} that line {before.row.line} gives the same "
                f"architecture, found {entry.quality}: keep one of the two lines, or their mean"
            )
        again += before is not entry
    if again:
        _LOG.warning("%s: %d lines say again what others say", path, again)
    if without:
        _LOG.info("%s: %d lines have no quality, which is pending or failed, and are left out", path, without)
    if len(first) < FEWEST:
        raise InputError(f"{path}: expected at least {FEWEST} different architectures, found {len(first)}: train more")
    found = np.array([entry.quality for entry in first.values()], dtype=np.float64)
    return Labelled(tuple(first), found, higher_is_better, noise)


def read_architectures(path: Path, space: SearchSpace, *, quality: str = "quality") -> Named:
    """Read architectures from CSV or JSON lines; where there is a quality, it is not looked at.

    A gzipped file is one of LLM-PP, whose architectures have no names: they are called after their lines.

    Raises:
        InputError: A column or a cell is not as expected, or an architecture is outside the space; the line is named.
    """
    if path.suffix == ".gz" and space.name == hat_mt.SPACE:
        found = hat_mt.read_unlabelled(path)
        return Named(tuple(f"line-{number}" for number in range(1, len(found) + 1)), found)
    entries = [row.entry for row in read_outcomes(path, Columns.of(space, quality), unread=True).rows]
    return Named(tuple(entry.id for entry in entries), tuple(entry.architecture for entry in entries))


def labels_of(table: Table, records: Sequence[int], noise: float | None) -> Labelled:
    """The labels of some records of a table, an architecture that is there twice by its mean.

    Args:
        table: The table.
        records: Their indices.
        noise: Standard deviation between trainings of one model; None where that is not known.
    """
    trained: dict[Architecture, list[float]] = {}
    for index in records:
        record = table.records[index]
        trained.setdefault(record.architecture, []).append(record.quality)
    found = np.array([np.mean(values) for values in trained.values()], dtype=np.float64)
    return Labelled(tuple(trained), found, table.higher_is_better, noise)


def table_noise(table: Table, trainings: Sequence[TrainedRecord], space: SearchSpace) -> float | None:
    """Standard deviation between trainings of one model, as of :func:`training_noise`; None where nobody knows it."""
    found = training_noise(table, trainings, space)
    return None if found is None else found.deviation


def training_noise(table: Table, trainings: Sequence[TrainedRecord], space: SearchSpace) -> Noise | None:
    """How far the trainings of one model lie apart; None where no model was trained twice.

    Args:
        table: The table.
        trainings: Every training of one that lpzero trained; empty for another, whose records tell.
        space: The space of the table, under the protocol in question.
    """
    trained = [one for one in trainings if one.loss is not None]
    if trained:
        return measure_noise(np.array([one.loss for one in trained]), np.array([one.id for one in trained]))
    return measure_noise(table.qualities, table.groups(space))
