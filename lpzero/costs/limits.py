"""Limits on costs, and what binds where nothing fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lpzero.costs.costs import COSTS
from lpzero.errors import InputError, NoResultError


@dataclass(frozen=True)
class Excess:
    """The first limit that an architecture exceeds.

    Attributes:
        name: Of the cost.
        cost: What the architecture has of it.
    """

    name: str
    cost: float


@dataclass(frozen=True)
class CostLimits:
    """The highest costs that an architecture may have.

    Attributes:
        highest: By name of the cost, only those that are limited.

    Raises:
        InputError: A limit of 0 or below, or on a cost that there is not.
    """

    highest: Mapping[str, float]

    def __post_init__(self) -> None:
        for name, limit in self.highest.items():
            if name not in COSTS:
                raise InputError(f"unknown cost {name!r}: expected one of {', '.join(COSTS)}")
            if not limit > 0:
                raise InputError(f"`limits.{name}`: expected more than 0, found {limit:g}")

    def excess(self, cost: Callable[[str], float]) -> Excess | None:
        """The first limit that is exceeded, those that need no pass first; None where an architecture fits.

        Args:
            cost: The cost of the architecture by name; not asked for more than it takes to know.

        >>> CostLimits({"params": 100}).excess({"params": 101}.__getitem__)
        Excess(name='params', cost=101)
        """
        for name in COSTS:
            if name in self.highest and (found := cost(name)) > self.highest[name]:
                return Excess(name, found)
        return None


def nothing_fits(limits: CostLimits, refused: Sequence[Excess]) -> NoResultError:
    """The error that says that no architecture fits.

    Args:
        limits: The limits.
        refused: What was exceeded by each that was drawn, one or more.
    """
    times = Counter(excess.name for excess in refused)
    binding = max(times, key=lambda name: (times[name], name))
    lowest = min(excess.cost for excess in refused if excess.name == binding)
    return NoResultError(
        f"no feasible architecture after {len(refused)} draws; the binding limit is `limits.{binding}` "
        f"{amount(binding, limits.highest[binding])}: the lowest drawn has {amount(binding, lowest)}"
    )


def amount(name: str, cost: float) -> str:
    """A cost for people.

    >>> amount("params", 1234567), amount("latency", 0.00123)
    ('1,234,567', '1.23 ms')
    """
    return f"{1000 * cost:.3g} ms" if COSTS[name].unit == "seconds" else f"{cost:,.0f}"
