"""Limits on costs, and what binds where nothing fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lpzero.errors import InputError, NoResultError
from lpzero.search.cost import COSTS


@dataclass(frozen=True)
class Limits:
    """The highest costs that an architecture may have.

    Attributes:
        highest: By name of the cost, only those that are limited.

    Raises:
        InputError: A limit below 1, or on a cost that there is not.
    """

    highest: Mapping[str, int]

    def __post_init__(self) -> None:
        for name, limit in self.highest.items():
            if name not in COSTS:
                raise InputError(f"unknown cost {name!r}: expected one of {', '.join(COSTS)}")
            if limit < 1:
                raise InputError(f"--max-{name}: expected at least 1, found {limit}")

    def exceeded(self, costs: Mapping[str, int]) -> tuple[str, ...]:
        """Names of the limits that an architecture's costs exceed.

        >>> Limits({"params": 100}).exceeded({"params": 101, "bytes": 404})
        ('params',)
        """
        return tuple(name for name, limit in self.highest.items() if costs[name] > limit)


def nothing_fits(limits: Limits, seen: Iterable[Mapping[str, int]]) -> NoResultError:
    """The error for a search that found no architecture within its limits.

    Args:
        limits: The limits.
        seen: The costs of what was drawn, at least one.
    """
    drawn = list(seen)
    times = Counter(name for costs in drawn for name in limits.exceeded(costs))
    binding = max(times, key=lambda name: (times[name], name))
    lowest = min(costs[binding] for costs in drawn)
    return NoResultError(
        f"no feasible architecture after {len(drawn)} draws; the binding limit is --max-{binding} "
        f"{limits.highest[binding]:,}: the lowest drawn has {lowest:,}"
    )
