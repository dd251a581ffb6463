"""What a published table says beside the quality: further measurements, and its own splits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lpzero.errors import unknown_name


@dataclass(frozen=True)
class Column:
    """One more number of each record, as it was published.

    Attributes:
        name: The name on the command line.
        meaning: One line for people.
        unit: Unit of the values.
        higher_is_better: Which values are those of better architectures.
        cost: ``"expensive"`` where a supernet was trained for it, ``"cheap"`` where it was counted or measured.
        of_quality: Whether it estimates the quality of the table, in its unit.
        values: One a record, in their order.
        control: Whether it stands beside every proxy that ranks the table.
    """

    name: str
    meaning: str
    unit: str
    higher_is_better: bool
    cost: Literal["cheap", "expensive"]
    of_quality: bool
    values: tuple[float, ...]
    control: bool = False


@dataclass(frozen=True)
class TableSplit:
    """One of the splits that a table was published with.

    Attributes:
        name: The name that it has upstream.
        labelled: Indices of the records whose quality is told.
        asked: Indices of those that are to be predicted.
    """

    name: str
    labelled: tuple[int, ...]
    asked: tuple[int, ...]


@dataclass(frozen=True)
class Beside:
    """All that a published table says beside the quality.

    Attributes:
        columns: Further measurements; empty where there is none.
        splits: Its own splits, likewise.
    """

    columns: tuple[Column, ...] = ()
    splits: tuple[TableSplit, ...] = ()

    def column(self, name: str) -> Column:
        """Find a column; raises InputError with the known names where there is none of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise unknown_name("column", name, [column.name for column in self.columns] or ["none"])
