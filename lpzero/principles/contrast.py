"""The top of a table against the rest: which records are the top, and what their sizes alone explain."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lpzero.errors import InputError, NoResultError
from lpzero.principles.language.columns import Columns, Floats
from lpzero.principles.language.holds import Mask
from lpzero.progress import Watch, counting, unwatched
from lpzero.settings import shorten
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace, WithoutModels

Places = npt.NDArray[np.int64]

FEWEST_NEAR = 10
"""Records of about the size of one that it is compared with, at least."""
FEWEST_TOP = 5
SIZED_WITHIN = 1.25
"""What counts as the size of a record where it is asked what size alone explains."""

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%")


@dataclass(frozen=True)
class Contrast:
    """Records, and which of them are the top.

    Attributes:
        columns: The features of the records.
        top: (records,), which are the top.
        expected: (records,), the share of the top among the records of about the size of each; None where sizes are
            not known.
    """

    columns: Columns
    top: Mask
    expected: Floats | None

    def size_lift(self, kept: Mask) -> float | None:
        """The lift that the sizes of some records lead to expect; None where sizes are not known, or none is kept."""
        if self.expected is None or not kept.any():
            return None
        return float(self.expected[kept].mean() / self.expected.mean())

    def part(self, chosen: Places) -> Contrast:
        """The contrast of some of the records, by their places; the top stays what it was."""
        architectures = [self.columns.architectures[place] for place in chosen]
        expected = None if self.expected is None else self.expected[chosen]
        return Contrast(Columns(self.columns.space, architectures), self.top[chosen], expected)


def top_number(top: str | float, n: int) -> int:
    """How many records the top is: ``"10%"``, a share below 1, or a number such as ``"50"``.

    Raises:
        InputError: It is none of these, or fewer than 5 records or more than half of them.

    >>> top_number("10%", 500), top_number(0.1, 500), top_number("50", 15625)
    (50, 50, 50)
    """
    percent = _PERCENT.fullmatch(top.strip()) if isinstance(top, str) else None
    try:
        number = float(percent[1]) / 100 if percent else float(top)
    except ValueError:
        number = math.nan
    if not (number > 0 and (number < 1 or number == int(number))):
        raise InputError(
            f"`top`: expected a share such as 10% or a number of records such as 50, found {shorten(top, 40)}"
        )
    found = round(number * n) if number < 1 else int(number)
    if not FEWEST_TOP <= found <= n / 2:
        raise InputError(f"`top`: expected {FEWEST_TOP} records up to half of {n}, found {found}: choose another share")
    return found


def sizes_of(space: SearchSpace, architectures: Sequence[Architecture], watch: Watch = unwatched) -> Floats | None:
    """Parameters outside the embeddings, (architectures,); None where the space has no models."""
    if isinstance(space, WithoutModels):
        return None
    told, found = counting(watch, "sizes"), np.empty(len(architectures))
    for place, one in enumerate(architectures):
        found[place] = space.parameter_counts(one)["nonembedding"]
        told(place + 1, len(architectures))
    return found


def contrast(
    space: SearchSpace,
    architectures: Sequence[Architecture],
    oriented: Floats,
    sizes: Floats | None,
    top: str | float,
    at_size: float | None = None,
) -> Contrast:
    """Tell the top of some records from the rest.

    Args:
        space: Their space.
        architectures: The records.
        oriented: (records,), their qualities, higher is better.
        sizes: (records,), parameters outside the embeddings, above 0; None where they are not known.
        top: How many are the top (:func:`top_number`). Records as good as the last of them are the top as well.
        at_size: Compare each record with those of its size alone, up to this factor larger or smaller: the top are
            those that are better than most of these. Records with fewer than 10 others of their size are left out.
            None to compare all with all.

    Raises:
        InputError: The share is none, the factor is below 1, or sizes are asked for that are not known.
        NoResultError: Hardly any record has others of its size.
    """
    if at_size is None:
        number = top_number(top, len(architectures))
        chosen = oriented >= np.sort(oriented)[-number]
        expected = None if sizes is None else _expected(sizes, chosen)
        return Contrast(Columns(space, architectures), chosen, expected)
    if not (math.isfinite(at_size) and at_size > 1):
        raise InputError(f"`at_size`: expected a factor above 1, such as {SIZED_WITHIN}, found {at_size}")
    if sizes is None:
        raise InputError(f"`at_size`: expected a space whose models have sizes, found {space.name}: leave it out")
    better, near = _better_than(oriented, sizes, at_size)
    compared = np.flatnonzero(near >= FEWEST_NEAR)
    if len(compared) < 4 * FEWEST_TOP:
        raise NoResultError(
            f"expected {4 * FEWEST_TOP} records with {FEWEST_NEAR} others within {at_size:g} times their size, "
            f"found {len(compared)}: take a larger factor"
        )
    number, better = top_number(top, len(compared)), better[compared]
    chosen = better >= np.sort(better)[-number]
    kept = [architectures[int(place)] for place in compared]
    return Contrast(Columns(space, kept), chosen, _expected(sizes[compared], chosen))


def _windows(sizes: Floats, within: float) -> tuple[Places, Places, Places]:
    """The order of the sizes, and for each place of it the first and behind the last place of its size."""
    order = np.argsort(sizes, kind="stable")
    ranked = sizes[order]
    first = np.searchsorted(ranked, ranked / within * (1 - 1e-12))
    behind = np.searchsorted(ranked, ranked * within * (1 + 1e-12), side="right")
    return order, first, behind


def _better_than(oriented: Floats, sizes: Floats, within: float) -> tuple[Floats, Places]:
    """The share of the others of its size that a record is better than, ties half, and how many these are.

    The others are taken to the size of the record along the line through them all: the largest record of a table has
    smaller ones beside it alone, and would be the best for its size.
    """
    order, first, behind = _windows(sizes, within)
    ranked, logs = oriented[order], np.log(sizes[order])
    better, near = np.zeros(len(sizes)), np.zeros(len(sizes), dtype=np.int64)
    for place, record in enumerate(order):
        near_by = slice(first[place], behind[place])
        others = ranked[near_by] - _slope(logs[near_by], ranked[near_by]) * (logs[near_by] - logs[place])
        near[record] = len(others) - 1
        below, equal = (others < ranked[place]).sum(), (others == ranked[place]).sum() - 1
        better[record] = (below + equal / 2) / max(1, len(others) - 1)
    return better, near


def _slope(logs: Floats, qualities: Floats) -> float:
    """The slope of the line by least squares; 0 where all sizes are one."""
    apart = logs - logs.mean()
    spread = float(apart @ apart)
    return float(apart @ qualities) / spread if spread > 0 else 0.0


def _expected(sizes: Floats, top: Mask) -> Floats:
    """The share of the top among the records of about the size of each, itself included."""
    order, first, behind = _windows(sizes, SIZED_WITHIN)
    counted = np.concatenate([[0.0], np.cumsum(top[order])])
    found = np.empty(len(sizes))
    found[order] = (counted[behind] - counted[first]) / (behind - first)
    return found
