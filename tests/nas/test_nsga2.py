"""NSGA-II: its tournament and its parents against non-dominated sorting by the definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import pytest

from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits
from lpzero.nas.algorithms import POPULATION
from lpzero.nas.nsga2 import _beats, _Member, nsga2
from lpzero.nas.pool import OpenPool
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture

SPACE = get_space("gpt2", "own")
RNG = np.random.default_rng(0)
ONE = SPACE.sample(RNG)


def params(architecture: Architecture) -> float:
    return float(SPACE.parameter_counts(architecture)["total"])


def heads(architecture: Architecture) -> float:
    return float(sum(architecture.integers("heads")))


def ranks(values: np.ndarray) -> np.ndarray:
    """The number of the front of each point, more of the first and less of the second being better, by brute force."""
    good = values * np.array([1.0, -1.0])
    found, left, front = np.full(len(good), -1), set(range(len(good))), 0
    while left:
        members = [
            i for i in left if not any((good[j] >= good[i]).all() and (good[j] > good[i]).any() for j in left if j != i)
        ]
        found[members], left, front = front, left - set(members), front + 1
    return found


@dataclass(frozen=True)
class Watched(OpenPool):
    """A pool that remembers whom it was asked to breed from, and with what was proposed by then."""

    bred: list[tuple[int, Architecture]] = field(default_factory=list)

    def neighbour(
        self, parents: Sequence[Architecture], rng: np.random.Generator, taken: set[str]
    ) -> Architecture | None:
        """See :class:`OpenPool`."""
        self.bred.extend((len(taken), parent) for parent in parents)
        return super().neighbour(parents, rng, taken)


def test_parents_come_from_the_fronts_that_fit_into_the_population() -> None:
    batch = 16
    pool = Watched(Costs(SPACE), CostLimits({}))
    proposed: list[Architecture] = []
    for found in islice(nsga2(pool, np.random.default_rng(0), heads, params, batch=batch), 10):
        proposed += found
    assert pool.bred
    # by hand: the population behind each batch, of which the front that does not fit whole is cut somewhere
    population: list[Architecture] = []
    for number in range(0, len(proposed), batch):
        bred = {parent for taken, parent in pool.bred if number <= taken < number + batch}
        if bred:
            values = np.array([(heads(a), params(a)) for a in population])
            front = ranks(values)
            last = int(np.sort(front)[POPULATION - 1])
            sure = {a for a, f in zip(population, front, strict=True) if f < last}
            maybe = {a for a, f in zip(population, front, strict=True) if f == last}
            assert len(sure) <= POPULATION <= len(sure) + len(maybe)
            assert bred <= sure | maybe
            # what is behind the last front is never heard of again
            population = [a for a in population if a in sure | maybe]
        population = [*population, *proposed[number : number + batch]]
    assert len(proposed) == 160


@pytest.mark.parametrize("seed", range(3))
def test_a_tournament_prefers_what_dominates_and_then_what_stands_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    members = [_Member(ONE) for _ in range(20)]
    for member in members:
        member.fitness.values = tuple(float(v) for v in rng.integers(4, size=2))
        member.fitness.crowding_dist = float(rng.integers(3))
    for one in members:
        for other in members:
            (worth, cost), (their_worth, their_cost) = one.fitness.values, other.fitness.values
            better = worth >= their_worth and cost <= their_cost and (worth, cost) != (their_worth, their_cost)
            worse = worth <= their_worth and cost >= their_cost and (worth, cost) != (their_worth, their_cost)
            wanted = better or (not worse and one.fitness.crowding_dist > other.fitness.crowding_dist)
            assert _beats(one, other) == wanted


def test_worths_that_change_are_those_of_now() -> None:
    """A worth that turns round in the middle turns the parents round."""
    turned = False

    def worth(architecture: Architecture) -> float:
        return -heads(architecture) if turned else heads(architecture)

    def flat(_: Architecture) -> float:
        return 0.0

    pool = Watched(Costs(SPACE), CostLimits({}))
    batches = nsga2(pool, np.random.default_rng(0), worth, flat, batch=10)
    for _ in islice(batches, 12):
        pass
    many = np.mean([heads(parent) for _, parent in pool.bred])
    turned = True
    before = len(pool.bred)
    for _ in islice(batches, 15):
        pass
    assert np.mean([heads(parent) for _, parent in pool.bred[before + 100 :]]) < many


def test_the_global_generators_do_not_move() -> None:
    import random

    before, numpy_before = random.getstate(), str(np.random.get_state())  # noqa: NPY002  (must not move)
    pool = OpenPool(Costs(SPACE), CostLimits({}))
    for _ in islice(nsga2(pool, np.random.default_rng(0), heads, params), 8):
        pass
    assert random.getstate() == before
    assert str(np.random.get_state()) == numpy_before  # noqa: NPY002  (likewise)
