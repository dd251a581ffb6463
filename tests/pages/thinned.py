"""Tables of 32 records at most, so that a command takes seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from lpzero.tables.table import Table

LARGEST = 32


@dataclass(frozen=True)
class Thinned(Table):
    """Some records of a table, which passes for it: what was found on the one is known on the other.

    Attributes:
        whole: The digest of the table.
    """

    whole: str = ""

    @property
    def digest(self) -> str:
        """That of the table."""
        return self.whole


def thinned(whole: Callable[..., Any]) -> Callable[..., Any]:
    """What loads a table with its trainings, with records that lie evenly apart instead of all."""

    def load(name: str, **options: Any) -> Any:
        table, *rest = whole(name, **options)
        parts = {one.name: getattr(table, one.name) for one in fields(table)}
        parts["records"] = table.records[:: -(-len(table.records) // LARGEST)]
        return Thinned(**parts, whole=table.digest), *rest

    return load
