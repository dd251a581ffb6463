"""The columns of a table in lpzero's own format, as its card has them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from lpzero.errors import InputError
from lpzero.settings import one_line
from lpzero.tables.document import Document
from lpzero.tables.measured import Beside, Column


class ColumnDocument(Document, extra="forbid"):
    """A further number of each record, as :class:`lpzero.tables.measured.Column` has it."""

    name: str
    meaning: str
    unit: str
    higher_is_better: bool
    cost: Literal["cheap", "expensive"]
    of_quality: bool
    values: tuple[float, ...]
    control: bool = False


def read_columns(card: Any) -> Any:
    """A parsed card with its columns and their values as tuples, which a strict model wants."""
    if not isinstance(card, dict) or not isinstance(card.get("columns"), list):
        return card
    return {**card, "columns": tuple(map(_read, card["columns"]))}


def _read(column: Any) -> Any:
    if not isinstance(column, dict) or not isinstance(column.get("values"), list):
        return column
    return {**column, "values": tuple(column["values"])}


def check_columns(columns: Sequence[ColumnDocument], records: int, path: Path) -> None:
    """Raise InputError where a column has not one value a record, or two have one name."""
    for column in columns:
        if len(column.values) != records:
            raise InputError(
                f"{path}: column {one_line(column.name, 60)}: expected a value for each of {records} records, found "
                f"{len(column.values)}: restore both files"
            )
    if len({column.name for column in columns}) < len(columns):
        raise InputError(f"{path}: columns: expected different names, found one twice")


def beside_of(columns: Sequence[ColumnDocument]) -> Beside:
    """What the columns of a card are in a table."""
    return Beside(tuple(Column(**column.model_dump()) for column in columns))
