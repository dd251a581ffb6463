"""Architectures to teach by: drawn from a space, each once."""

from __future__ import annotations

import numpy as np

from lpzero.errors import InputError
from lpzero.seeds import derived_seed
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

NUMBER = 3000
"""As many as the paper's teacher was asked about."""
TRIES = 20


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
    for _ in range(TRIES * number):
        if len(found) == number:
            break
        found[space.sample(rng)] = None
    return tuple(found)
