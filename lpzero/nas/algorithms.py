"""Search algorithms by name: each proposes architectures, learns what they are worth, and proposes again."""

from __future__ import annotations

from collections import deque

import numpy as np

from lpzero.nas.guided import guided_evolution
from lpzero.nas.pool import Pool
from lpzero.nas.proposals import BATCH, Algorithm, Proposals, Proposed, Worth
from lpzero.spaces.architecture import Architecture

POPULATION = 8
"""Fewer than the least that a search is worth doing with: one that looks at no more is a random search."""
TOURNAMENT = 3
STALE = 4
"""Batches without a better best after which a local search begins anew elsewhere."""


def random_search(pool: Pool, rng: np.random.Generator, worth: Worth) -> Proposals:  # noqa: ARG001  (an Algorithm's)
    """Draw at random."""
    proposed = Proposed(pool)
    while batch := proposed.batch(lambda taken: pool.sample(rng, taken), BATCH):
        yield batch


def ageing_evolution(pool: Pool, rng: np.random.Generator, worth: Worth) -> Proposals:
    """Regularised evolution (Real et al. 2019, https://arxiv.org/abs/1802.01548): the oldest dies, not the worst.

    A child has the winner of a tournament as its parent, and every other time the winner of a second one as well.
    Deviation: children are bred a batch at a time.
    """
    proposed = Proposed(pool)
    population: deque[Architecture] = deque(maxlen=POPULATION)

    def parent() -> Architecture:
        drawn = rng.integers(len(population), size=TOURNAMENT)
        return max((population[int(i)] for i in drawn), key=worth)

    def child(taken: set[str]) -> Architecture | None:
        if len(population) < POPULATION:
            return pool.sample(rng, taken)
        parents = [parent() for _ in range(int(rng.integers(1, 3)))]
        return pool.neighbour(parents, rng, taken) or pool.sample(rng, taken)

    while batch := proposed.batch(child, BATCH):
        yield batch
        population.extend(batch)


def local_search(pool: Pool, rng: np.random.Generator, worth: Worth) -> Proposals:
    """Climb from the best of a random batch among its neighbours; begin anew where nothing near is better."""
    proposed = Proposed(pool)
    best: Architecture | None = None
    stale = 0

    def near(taken: set[str]) -> Architecture | None:
        return pool.sample(rng, taken) if best is None else pool.neighbour([best], rng, taken)

    while True:
        batch = proposed.batch(near, BATCH)
        if not batch and best is None:
            return
        yield batch
        highest = max([*batch, *([] if best is None else [best])], key=worth)
        stale = 0 if highest != best else stale + 1
        # nothing near is left, or nothing near is better
        best = None if stale >= STALE or not batch else highest


ALGORITHMS: dict[str, Algorithm] = {
    "guided": guided_evolution,
    "evolution": ageing_evolution,
    "local": local_search,
    "random": random_search,
}
