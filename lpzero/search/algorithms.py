"""Search algorithms: each proposes architectures, is told their scores, and proposes again.

An algorithm is a generator. It yields a batch of architectures and is sent their scores, higher is better, NaN for one
that could not be scored; it ends where its pool has nothing left. The size of a batch is fixed, so that the result does
not depend on how many workers score it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator

import numpy as np

from lpzero.search.pool import Pool
from lpzero.spaces.architecture import Architecture

BATCH = 8
POPULATION = 50
TOURNAMENT = 10
STALE = 4
"""Batches without a better best after which a local search begins anew elsewhere."""

Proposals = Generator[list[Architecture], list[float], None]
Algorithm = Callable[[Pool, np.random.Generator], Proposals]
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


def random_search(pool: Pool, rng: np.random.Generator) -> Proposals:
    """Draw at random."""
    proposed = Proposed(pool)
    while batch := proposed.batch(lambda taken: pool.sample(rng, taken), BATCH):
        yield batch


def ageing_evolution(pool: Pool, rng: np.random.Generator) -> Proposals:
    """Regularised evolution (Real et al. 2019, https://arxiv.org/abs/1802.01548): the oldest dies, not the worst.

    A child has the winner of a tournament as its parent, and every other time the winner of a second one as well.
    Deviation: children are bred a batch at a time.
    """
    proposed = Proposed(pool)
    population: deque[tuple[Architecture, float]] = deque(maxlen=POPULATION)

    def parent() -> Architecture:
        drawn = rng.integers(len(population), size=TOURNAMENT)
        return max((population[int(i)] for i in drawn), key=lambda one: _low(one[1]))[0]

    def child(taken: set[str]) -> Architecture | None:
        parents = [parent() for _ in range(int(rng.integers(1, 3)))]
        return pool.neighbour(parents, rng, taken) or pool.sample(rng, taken)

    for batch in _begun(proposed, lambda taken: pool.sample(rng, taken), POPULATION):
        population.extend(zip(batch, (yield batch), strict=True))
    while population and (batch := proposed.batch(child, BATCH)):
        population.extend(zip(batch, (yield batch), strict=True))


def local_search(pool: Pool, rng: np.random.Generator) -> Proposals:
    """Climb from the best of a random batch among its neighbours; begin anew where nothing near is better."""
    proposed = Proposed(pool)
    while True:
        best: Architecture | None = None
        highest, stale = -np.inf, 0
        batch = proposed.batch(lambda taken: pool.sample(rng, taken), BATCH)
        while batch:
            scores = [_low(score) for score in (yield batch)]
            stale += 1
            if best is None or max(scores) > highest:
                place = int(np.argmax(scores))
                best, highest, stale = batch[place], scores[place], 0
            if stale >= STALE:
                break
            near = best
            batch = proposed.batch(lambda taken, near=near: pool.neighbour([near], rng, taken), BATCH)  # type: ignore[misc]
        if best is None:
            return


def _begun(proposed: Proposed, propose: Propose, number: int) -> Iterator[list[Architecture]]:
    """The first ``number`` architectures, a batch at a time."""
    for begin in range(0, number, BATCH):
        batch = proposed.batch(propose, min(BATCH, number - begin))
        if not batch:
            return
        yield batch


def _low(score: float) -> float:
    """The score, lower than all others where there is none."""
    return -np.inf if np.isnan(score) else score


ALGORITHMS: dict[str, Algorithm] = {
    "evolution": ageing_evolution,
    "local": local_search,
    "random": random_search,
}
