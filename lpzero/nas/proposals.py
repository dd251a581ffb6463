"""What every search algorithm is: a generator of batches of architectures that no batch before it had.

When a generator goes on, all that it has proposed so far has a worth, higher is better, which may change as more is
known (a mean rank does); it ends where its pool has nothing left. The size of a batch is fixed, so that the result does
not depend on how many workers score it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from lpzero.nas.pool import Pool
from lpzero.spaces.architecture import Architecture

BATCH = 8

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
