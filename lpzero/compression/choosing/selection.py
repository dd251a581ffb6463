"""Exact selection: one option of each slot, at the least cost within limits, by an integer program."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from lpzero.errors import InputError, LpzeroError

SECONDS = 60.0
STDOUT = 1
SCALE = 1e4
TOLERANCE = 2e-6
NONE: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Option:
    """One way to fill a slot.

    Attributes:
        cost: What it costs; costs of slots add up.
        amounts: What it takes, by name; those that are not named are 0.
    """

    cost: float
    amounts: Mapping[str, float]


@dataclass(frozen=True)
class Selection:
    """The options that were chosen.

    Attributes:
        chosen: The place of one option for each slot.
        cost: Sum of their costs.
        bound: No choice within the limits costs less.
        amounts: What they take together, by name of the limits.
    """

    chosen: tuple[int, ...]
    cost: float
    bound: float
    amounts: Mapping[str, float]

    @property
    def gap(self) -> float:
        """How much cheaper another choice may be, at most."""
        return max(0.0, self.cost - self.bound)


def select(
    slots: Sequence[Sequence[Option]],
    limits: Mapping[str, float],
    *,
    required: Mapping[str, float] = NONE,
    without: Sequence[Sequence[int]] = (),
    seconds: float = SECONDS,
) -> Selection:
    """Choose one option of each slot so that the sum of costs is least and no limit is exceeded.

    A multiple-choice knapsack with several limits, solved to optimality by HiGHS (``scipy.optimize.milp``).

    Args:
        slots: The options of each slot, at least one.
        limits: The highest sum of each amount.
        required: The same of amounts that nobody asked to be limited: what is possible keeps to them.
        without: Choices that are not wanted, a place for each slot: with the best ones there comes the next.
        seconds: Time for the solver; it then gives the best that it has, and the gap says how far it is from the least.

    Raises:
        InputError: Nothing is within the limits; the message names the smallest possible. Or a cost is not finite.
        LpzeroError: The solver found nothing in its time.

    >>> dear, cheap, large = Option(2.0, {"params": 10}), Option(1.0, {"params": 10}), Option(0.0, {"params": 30})
    >>> select([[dear, large], [cheap, large]], {"params": 40}).chosen
    (1, 0)
    """
    if not all(math.isfinite(option.cost) for options in slots for option in options):
        raise InputError("expected finite costs of all options, found one that is not")
    found = _solve(slots, _costs(slots), {**limits, **required}, seconds, without)
    if found is None:
        raise _nothing_fits(slots, limits, required, seconds)
    return found


def smallest(slots: Sequence[Sequence[Option]], name: str, limits: Mapping[str, float] = NONE) -> float:
    """The smallest possible sum of an amount within limits on others; infinity where nothing is within them."""
    found = _solve(slots, _row(slots, name, 0)[0], limits, SECONDS)
    return math.inf if found is None else sum(_amount(slots, found.chosen, name))


def _nothing_fits(
    slots: Sequence[Sequence[Option]], limits: Mapping[str, float], required: Mapping[str, float], seconds: float
) -> LpzeroError:
    for name, limit in limits.items():
        least = smallest(slots, name, required)
        if least > limit:
            return InputError(
                f"`limits.{name}`: nothing is within {_shown(limit)}: the smallest possible is {_shown(least)}"
            )
    for name, limit in limits.items():
        others = {other: highest for other, highest in limits.items() if other != name}
        least = smallest(slots, name, {**others, **required})
        if limit < least < math.inf:
            return InputError(
                f"`limits.{name}`: nothing is within {_shown(limit)} and the other limits: the smallest possible "
                f"beside them is {_shown(least)}"
            )
    return LpzeroError(f"expected a choice within the limits of {', '.join(limits)} in {seconds:g} s, found none")


def _shown(amount: float) -> str:
    return f"{amount:,.0f}" if float(amount).is_integer() else f"{amount:,.4g}"


def _solve(
    slots: Sequence[Sequence[Option]],
    costs: np.ndarray,
    limits: Mapping[str, float],
    seconds: float,
    without: Sequence[Sequence[int]] = (),
) -> Selection | None:
    """The best choice; None where nothing is within the limits."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    sizes = [len(options) for options in slots]
    ends = np.cumsum(sizes)
    which = np.repeat(np.arange(len(slots)), sizes)
    one_each = csr_array((np.ones(len(which)), (which, np.arange(len(which)))))
    constraints = [LinearConstraint(one_each, 1, 1)]
    for name, limit in limits.items():
        row, highest = _row(slots, name, limit)
        constraints.append(LinearConstraint(row[None], -np.inf, highest))
    begins = ends - sizes
    for unwanted in without:
        row = np.zeros(len(which))
        row[begins + np.array(unwanted)] = 1
        constraints.append(LinearConstraint(row[None], -np.inf, len(slots) - 1))
    # the solver is content with what costs a millionth more, so that costs are told it large
    scale = SCALE / (np.abs(costs).max() or 1.0)
    with _quiet():
        result = milp(
            costs * scale,
            integrality=np.ones(len(which)),
            bounds=Bounds(0, 1),
            constraints=constraints,
            options={"mip_rel_gap": 0.0, "time_limit": seconds},
        )
    if result.x is None:
        return None
    chosen = tuple(int(np.argmax(result.x[begin:end])) for begin, end in zip(begins, ends, strict=True))
    amounts = {name: sum(_amount(slots, chosen, name)) for name in limits}
    exceeded = [name for name, limit in limits.items() if amounts[name] > limit]
    if exceeded:
        raise LpzeroError(
            f"expected a choice within {limits[exceeded[0]]:,.6g} of {exceeded[0]}, found one of "
            f"{amounts[exceeded[0]]:,.6g}: the solver's precision does not tell them apart: lower the limit a little"
        )
    cost = float(sum(costs[begin + place] for begin, place in zip(begins, chosen, strict=True)))
    return Selection(chosen, cost, min(cost, float(result.mip_dual_bound) / scale), amounts)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the solver's library from writing to stdout, which some versions do whatever they are told."""
    try:
        kept = os.dup(STDOUT)
    except OSError:
        # it was closed: nothing can be written to it
        yield
        return
    if sys.stdout is not None:
        sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, STDOUT)
        yield
    finally:
        os.dup2(kept, STDOUT)
        os.close(kept)
        os.close(nowhere)


def _costs(slots: Sequence[Sequence[Option]]) -> np.ndarray:
    return np.array([option.cost for options in slots for option in options])


def _amount(slots: Sequence[Sequence[Option]], chosen: Sequence[int], name: str) -> list[float]:
    return [options[place].amounts.get(name, 0) for options, place in zip(slots, chosen, strict=True)]


def _row(slots: Sequence[Sequence[Option]], name: str, limit: float) -> tuple[np.ndarray, float]:
    """A limit as the solver is told it: in whole numbers as small as they can be, which it cannot confuse."""
    amounts = [[option.amounts.get(name, 0) for option in options] for options in slots]
    least = [min(of_slot) for of_slot in amounts]
    above = [one - low for of_slot, low in zip(amounts, least, strict=True) for one in of_slot]
    left = limit - sum(least)
    if all(float(one).is_integer() for one in above):
        divisor = math.gcd(*(int(one) for one in above)) or 1
        # half a step more: the sum is whole, and the solver's tolerance is far below it
        return np.array([int(one) // divisor for one in above], dtype=float), math.floor(left / divisor) + 0.5
    scale = max(above) or 1.0
    # the solver lets a limit be exceeded by a millionth
    return np.array(above) / scale, left / scale - TOLERANCE


def front(
    slots: Sequence[Sequence[Option]], name: str, limits: Sequence[float], *, required: Mapping[str, float] = NONE
) -> tuple[Selection, ...]:
    """The best choice for each of several limits of one amount; raises as :func:`select` does."""
    return tuple(select(slots, {name: limit}, required=required) for limit in limits)
