"""Draw the architectures of a new table, stratified over depth and width."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from lpzero.errors import InputError
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choices import Cell
from lpzero.spaces.space import SearchSpace

TRIES = 1000


def draw(space: SearchSpace, number: int, rng: np.random.Generator) -> tuple[Architecture, ...]:
    """Draw distinct architectures so that every depth with every width comes equally often, give or take one.

    The first architectures of a longer draw are those of a shorter one from the same generator, so that a table
    can grow. Architectures of which the space builds the same model count as one.

    Args:
        space: The space under the protocol that is trained.
        number: How many, at least 1.
        rng: Source of randomness.

    Raises:
        InputError: The space has fewer.
    """
    if number < 1:
        raise InputError(f"expected at least 1 architecture, found {number}")
    if number > space.size:
        raise InputError(f"expected at most the {space.size} architectures of {space.name}, found {number}")
    drawn = tuple(islice(_rounds(space, rng), number))
    if len(drawn) < number:
        raise InputError(f"found {len(drawn)} different models in {space.name}: expected {number}: ask for fewer")
    return drawn


def _rounds(space: SearchSpace, rng: np.random.Generator) -> Iterator[Architecture]:
    seen: set[str] = set()
    open_cells = list(space.cells)
    while open_cells:
        for index in rng.permutation(len(open_cells)):
            architecture = _fresh(space, open_cells[index], seen, rng)
            if architecture is not None:
                seen.add(space.model_key(architecture))
                yield architecture
        open_cells = [cell for cell in open_cells if _fresh(space, cell, seen, rng) is not None]


def _fresh(space: SearchSpace, cell: Cell, seen: set[str], rng: np.random.Generator) -> Architecture | None:
    """An architecture of a cell that was not seen; None where a thousand tries find none."""
    tries = (space.sample(rng, cell) for _ in range(TRIES))
    return next((architecture for architecture in tries if space.model_key(architecture) not in seen), None)
