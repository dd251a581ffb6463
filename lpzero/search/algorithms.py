"""Search algorithms: each proposes architectures, learns what they are worth, and proposes again.

An algorithm is a generator of batches. When it goes on, all that it has proposed so far has a worth, higher is better,
which may change as more is known (a mean rank does); it ends where its pool has nothing left. The size of a batch is
fixed, so that the result does not depend on how many workers score it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import numpy as np

from lpzero.search.pool import Pool
from lpzero.spaces.architecture import Architecture

BATCH = 8
POPULATION = 50
TOURNAMENT = 10
STALE = 4
"""Batches without a better best after which a local search begins anew elsewhere."""

Worth = Callable[[Architecture], float]
Proposals = Iterator[list[Architecture]]
Algorithm = Callable[[Pool, np.random.Generator, Worth], Proposals]
Propose = Callable[[set[str]], Architecture | None]


class Proposed:
    """What an algorithm has proposed: no model is proposed twice.

    Args:
        pool: Where candidates come from.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._taken: set[str] = set()

    def batch(self, propose: Propose, size: int) -> list[Architecture]:
        """Up to ``size`` new architectures."""
        found: list[Architecture] = []
        while len(found) < size:
            architecture = propose(self._taken)
            if architecture is None:
                break
            self._taken.add(self._pool.space.model_key(architecture))
            found.append(architecture)
        return found


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
    "evolution": ageing_evolution,
    "local": local_search,
    "random": random_search,
}
