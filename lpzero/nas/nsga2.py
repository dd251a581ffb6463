"""NSGA-II: a front of worth against a cost instead of a single best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from deap import base, tools

from lpzero.nas.algorithms import POPULATION
from lpzero.nas.pool import Pool
from lpzero.nas.proposals import BATCH, Proposals, Proposed, Worth
from lpzero.spaces.architecture import Architecture


class WorthAndCost(base.Fitness):  # type: ignore[misc]  # DEAP has no types
    """More worth is better, more cost is worse."""

    weights = (1.0, -1.0)


@dataclass(eq=False)
class _Member:
    """One architecture of the population, as DEAP's selection wants it."""

    architecture: Architecture
    fitness: WorthAndCost = field(default_factory=WorthAndCost)


def nsga2(
    pool: Pool, rng: np.random.Generator, worth: Worth, cost: Callable[[Architecture], float], *, batch: int = BATCH
) -> Proposals:
    """Breed towards the front of worth against a cost (Deb et al. 2002, https://doi.org/10.1109/4235.996017).

    Sorting and crowding are DEAP's; its tournament draws from the global generator, so that ours stands in for it.
    Deviation: the population is renewed after every batch of children, and its worths are those of now.

    Args:
        pool: Where candidates come from.
        rng: Source of randomness.
        worth: Of what was proposed, higher is better.
        cost: Of any architecture, lower is better.
        batch: Children at a time.

    Yields:
        Batches of new architectures, until the pool has none left.
    """
    proposed = Proposed(pool)
    population: list[_Member] = []

    def parent() -> Architecture:
        first, second = (population[int(i)] for i in rng.integers(len(population), size=2))
        return (second if _beats(second, first) else first).architecture

    def child(taken: set[str]) -> Architecture | None:
        if len(population) < POPULATION:
            return pool.sample(rng, taken)
        return pool.neighbour([parent(), parent()], rng, taken) or pool.sample(rng, taken)

    while found := proposed.batch(child, batch):
        yield found
        population += [_Member(architecture) for architecture in found]
        for member in population:
            member.fitness.values = (worth(member.architecture), cost(member.architecture))
        population = tools.selNSGA2(population, min(POPULATION, len(population)))


def _beats(one: _Member, other: _Member) -> bool:
    """Whether a tournament prefers one: it dominates, or neither does and it stands where fewer are."""
    if one.fitness.dominates(other.fitness) or other.fitness.dominates(one.fitness):
        return bool(one.fitness.dominates(other.fitness))
    return bool(one.fitness.crowding_dist > other.fitness.crowding_dist)
