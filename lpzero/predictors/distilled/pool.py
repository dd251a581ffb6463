"""Architectures to teach by: drawn from a space, each once."""

from __future__ import annotations

import numpy as np

from lpzero.errors import InputError
from lpzero.seeds import derived_seed
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

NUMBER = 3000
"""As many as the paper's teacher was asked about."""
MISSES = 100, 2
"""Draws in a row that give nothing new, and as many more for each architecture found, behind which there is no more."""


def draw_pool(space: SearchSpace, number: int, seed: int) -> tuple[Architecture, ...]:
    """Draw architectures, uniform over each choice; fewer where the space has no more, or hardly any.

    Args:
        space: The space.
        number: How many, from 2 to a million.
        seed: Seed of the draws.

    Raises:
        InputError: The number is out of its range.
    """
    if not 2 <= number <= 10**6:
        raise InputError(f"`number`: expected from 2 to a million architectures, found {number}")
    rng = np.random.default_rng(derived_seed(seed, "pool"))
    found: dict[Architecture, None] = {}
    missed = 0
    while len(found) < number and missed < MISSES[0] + MISSES[1] * len(found):
        before = len(found)
        found[space.sample(rng)] = None
        missed = missed + 1 if len(found) == before else 0
    return tuple(found)
