"""The best architecture there is within limits, with a certificate, where score and costs are sums over layers.

For every choice for the whole model an integer program says how many layers have which choices; HiGHS
(``scipy.optimize.milp``) solves it to optimality. Where evolution guesses, this knows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from lpzero.errors import LpzeroError, NoResultError
from lpzero.nas.sums import Count, Sums, sums_of
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choices import Choices

SCORE = "the score"
SECONDS = 60.0
"""Of one program."""
CLOSE = 1e-9
"""Relative difference of two sums of floating-point numbers that are equal."""
TOLERANCE = 1e-6
"""Of the solver, on what is a whole number."""


@dataclass(frozen=True)
class Optimum:
    """The best architecture within limits.

    Attributes:
        architecture: It; those with its layers in another order score and cost as much.
        score: The sum over its layers.
        bound: No architecture within the limits has a better score.
        programs: How many integer programs were solved.
    """

    architecture: Architecture
    score: float
    bound: float
    programs: int

    @property
    def gap(self) -> float:
        """How much better another one may be, at most; 0 where it is certain."""
        return abs(self.bound - self.score)


class ExactSearch:
    """Finds the best architectures of a space within limits.

    Args:
        choices: Those of the space.
        score: What is looked for, a sum over layers.
        higher_is_better: Its direction.
        costs: What may be limited, by name, sums over layers too.
        rng: Source of the architectures on which it is tried that these are sums.

    Raises:
        InputError: One of them is no sum over layers.
    """

    def __init__(
        self,
        choices: Choices,
        score: Count,
        costs: Mapping[str, Count],
        rng: np.random.Generator,
        *,
        higher_is_better: bool = True,
    ) -> None:
        self._names = tuple(costs)
        self._sign = -1.0 if higher_is_better else 1.0
        self._sums = sums_of(choices, {SCORE: score, **costs}, rng)
        self._worth: dict[tuple[int, tuple[int, ...]], list[np.ndarray]] = {}

    def best(self, limits: Mapping[str, float]) -> Optimum:
        """The best architecture within limits of the costs; raises NoResultError where nothing is within them."""
        columns = {1 + self._names.index(name): limit for name, limit in limits.items()}
        found: tuple[float, Sums, tuple[tuple[int, ...], ...]] | None = None
        bound, programs = np.inf, 0
        # the most promising first, so that the others need not be solved
        for promise, place, depth in sorted(self._parts()):
            if found is not None and promise >= found[0]:
                break
            programs += 1
            solved = _solve(self._sums[place], self._options(place, tuple(columns)), depth, columns, self._sign)
            if solved is None:
                continue
            bound = min(bound, solved[1])
            if found is None or solved[0] < found[0]:
                found = solved[0], self._sums[place], solved[2]
        if found is None:
            raise NoResultError(self._nothing(limits))
        least, sums, numbers = found
        return Optimum(sums.architecture(numbers), self._sign * least, self._sign * min(least, bound), programs)

    def _options(self, place: int, columns: tuple[int, ...]) -> list[np.ndarray]:
        """Of each kind of layer the options that are worth a look, whatever the limits on these counts are."""
        if (place, columns) not in self._worth:
            kinds = self._sums[place].kinds
            self._worth[place, columns] = [_undominated(kind.adds, self._sign, columns) for kind in kinds]
        return self._worth[place, columns]

    def _parts(self) -> Iterator[tuple[float, int, tuple[int, ...]]]:
        """For each choice of the whole model and each depth what no architecture of it is better than."""
        for place, sums in enumerate(self._sums):
            for depth in product(*(range(kind.fewest, kind.most + 1) for kind in sums.kinds)):
                yield _least(sums, depth, self._sign * sums.base[0], self._sign, 0), place, depth

    def smallest(self, name: str) -> float:
        """The smallest sum of one cost in the space."""
        column = 1 + self._names.index(name)
        depths = ((sums, product(*(range(kind.fewest, kind.most + 1) for kind in sums.kinds))) for sums in self._sums)
        return min(_least(sums, depth, sums.base[column], 1.0, column) for sums, each in depths for depth in each)

    def front(self, limits: Mapping[str, float], against: str, number: int) -> list[Optimum]:
        """The best within the limits, and the best within ever lower ones of one cost, evenly apart.

        Args:
            limits: The limits.
            against: The cost that is lowered.
            number: How many, at least 1; fewer come back where two limits have the same best.
        """
        first = self.best(limits)
        top = self._cost(first, against)
        found = [first]
        for limit in np.linspace(top, self.smallest(against), number, endpoint=False)[1:]:
            try:
                one = self.best({**limits, against: float(limit)})
            except NoResultError:
                break
            if one.architecture not in [other.architecture for other in found]:
                found.append(one)
        return found

    def _cost(self, optimum: Optimum, name: str) -> float:
        whole = optimum.architecture.whole
        sums = next(one for one in self._sums if tuple(sorted(one.whole.items())) == whole)
        return float(sums.of(optimum.architecture)[1 + self._names.index(name)])

    def _nothing(self, limits: Mapping[str, float]) -> str:
        for name, limit in limits.items():
            if (least := self.smallest(name)) > limit:
                return f"nothing is within `max_{name}` {limit:,.0f}: the smallest has {least:,.0f}"
        return f"nothing is within all of {', '.join(f'`max_{name}`' for name in limits)} together: raise one"


def _least(sums: Sums, depth: Sequence[int], base: float, sign: float, column: int) -> float:
    """The least signed sum of one count with so many layers of each kind."""
    adds = (number * float((sign * kind.adds[:, column]).min()) for number, kind in zip(depth, sums.kinds, strict=True))
    return float(base) + sum(adds)


def _solve(
    sums: Sums, kept: Sequence[np.ndarray], depth: Sequence[int], limits: Mapping[int, float], sign: float
) -> tuple[float, float, tuple[tuple[int, ...], ...]] | None:
    """The least signed score, a bound of it, and how many layers have each option; None where nothing is within.

    Of each kind of layers the options ``kept`` alone are looked at.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    adds = np.concatenate([kind.adds[index] for kind, index in zip(sums.kinds, kept, strict=True)])
    which = np.repeat(np.arange(len(kept)), [len(index) for index in kept])
    each = csr_array((np.ones(len(which)), (which, np.arange(len(which)))))
    constraints = [LinearConstraint(each, depth, depth)]
    for column, limit in limits.items():
        cost = _steps(adds[:, column], which, depth)
        highest = (limit - sums.base[column] - cost.constant) / cost.size
        # half a step more, and no sum of whole steps is taken for its neighbour
        constraints.append(
            LinearConstraint(cost.row[None], -np.inf, np.floor(highest) + 0.5 if cost.whole else highest)
        )
    score = _steps(sign * adds[:, 0], which, depth)
    result = milp(
        score.row,
        integrality=np.ones(len(which)),
        bounds=Bounds(0, max(depth)),
        constraints=constraints,
        options={"mip_rel_gap": 0.0, "time_limit": SECONDS},
    )
    if result.x is None:
        return None
    chosen = np.rint(result.x).astype(int)
    numbers = []
    for place, (kind, index) in enumerate(zip(sums.kinds, kept, strict=True)):
        of_kind = np.zeros(len(kind.options), dtype=int)
        of_kind[index] = chosen[which == place]
        numbers.append(tuple(int(number) for number in of_kind))
    total = sums.base + chosen @ adds
    for column, limit in limits.items():
        if total[column] > limit + CLOSE * abs(limit):
            raise LpzeroError(
                f"expected an architecture within {limit:,.6g}, found one of {total[column]:,.6g}: the solver's "
                "precision does not tell them apart: lower the limit a little"
            )
    bound = float(result.mip_dual_bound)
    bound = score.constant + score.size * (math.ceil(bound - TOLERANCE) if score.whole else bound)
    return sign * float(total[0]), sign * float(sums.base[0]) + bound, tuple(numbers)


def _undominated(adds: np.ndarray, sign: float, limited: tuple[int, ...]) -> np.ndarray:
    """Options that no other is as good as at no more cost: of equal ones the first, (left,)."""
    seen = np.column_stack([sign * adds[:, 0], *(adds[:, column] for column in limited)])
    _, first = np.unique(seen, axis=0, return_index=True)
    order = first[np.lexsort(seen[first].T[::-1])]
    left = np.empty_like(seen)
    kept: list[int] = []
    for index in order:
        if not (left[: len(kept)] <= seen[index]).all(axis=1).any():
            left[len(kept)] = seen[index]
            kept.append(int(index))
    return np.array(sorted(kept))


@dataclass(frozen=True)
class _Steps:
    """A count as the solver is told it: what each option adds to the least of its kind, in steps.

    Attributes:
        row: Steps of each option, (options,), at least 0.
        constant: What is left out: the least of every layer.
        size: Of a step.
        whole: Whether options are whole steps apart.
    """

    row: np.ndarray
    constant: float
    size: float
    whole: bool


def _steps(adds: np.ndarray, which: np.ndarray, depth: Sequence[int]) -> _Steps:
    least = np.array([adds[which == kind].min() for kind in range(len(depth))])
    above, constant = adds - least[which], float(np.dot(least, depth))
    if np.array_equal(np.rint(above), above) and above.max() < 2**53:
        size = max(1, int(np.gcd.reduce(above.astype(np.int64))))
        return _Steps(above / size, constant, float(size), whole=True)
    return _Steps(above / above.max(), constant, float(above.max()), whole=False)
