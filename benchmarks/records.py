"""Read the records of benchmarks, and say their figures in Markdown."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from record import RESULTS


@dataclass(frozen=True)
class Record:
    """A record of a benchmark.

    Attributes:
        document: What its file holds.
    """

    document: dict[str, Any]

    @property
    def command(self) -> str:
        """The command that repeats it."""
        return f"`{self.document['command']}`"

    def rows(self, **wanted: Any) -> list[dict[str, Any]]:
        """Rows by the names of their columns, those that have some cells."""
        named = [dict(zip(self.document["header"], row, strict=True)) for row in self.document["rows"]]
        return [row for row in named if all(row[key] == value for key, value in wanted.items())]


@lru_cache(maxsize=64)
def recorded(name: str) -> Record:
    """The record of a name."""
    return Record(json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")))


def short(value: float, sign: str = "") -> str:
    """A correlation with three decimals and no leading zero."""
    return f"{value:{sign}.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:{sign}.3f}"


def brief(interval: str) -> str:
    """An interval without leading zeros."""
    return re.sub(r"(?<!\d)0\.", ".", interval)


def over(values: Sequence[float], sign: str = "") -> str:
    """One value, or the median of several with the lowest and the highest."""
    if len(values) == 1:
        return short(values[0], sign)
    return f"{short(statistics.median(values), sign)} ({short(min(values), sign)} to {short(max(values), sign)})"


def grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    return [f"| {' | '.join(header)} |", "|" + "---|" * len(header), *(f"| {' | '.join(row)} |" for row in rows), ""]
