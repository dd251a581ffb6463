"""Architectures that may be suggested: drawn at random, and near the best that were labelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lpzero.nas.pool import Pool
from lpzero.spaces.architecture import Architecture

DRAWN = 512
"""Random candidates: more than the tables of a few hundred have, so that of those all are looked at."""
NEAR = 128
"""Candidates near the best that were labelled, where there is more than a table."""


def candidates(
    pool: Pool, taken: frozenset[str], best: Sequence[Architecture], rng: np.random.Generator
) -> list[Architecture]:
    """Draw candidates, no model twice.

    Args:
        pool: Where they come from.
        taken: Keys of models that may not be among them.
        best: Labelled architectures that are worth looking near, the best first; may be empty.
        rng: Source of randomness.

    Returns:
        As many as there are up to ``DRAWN``, then those near ``best``; empty where the pool has none left.

    Raises:
        NoResultError: Nothing at all fits the limits.
    """
    seen = set(taken)

    def new(draw: Callable[[], Architecture | None], number: int) -> list[Architecture]:
        found: list[Architecture] = []
        while len(found) < number and (architecture := draw()) is not None:
            seen.add(pool.space.model_key(architecture))
            found.append(architecture)
        return found

    drawn = new(lambda: pool.sample(rng, seen), DRAWN)
    if not best or len(drawn) < DRAWN:
        return drawn
    return drawn + new(lambda: pool.neighbour(_parents(best, rng), rng, seen), NEAR)


def _parents(best: Sequence[Architecture], rng: np.random.Generator) -> list[Architecture]:
    """One or two of the best."""
    return [best[int(rng.integers(len(best)))] for _ in range(int(rng.integers(1, 3)))]
