"""What an architecture costs before anybody builds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

BYTES = 4
"""Of one parameter: models are built in float32."""


@dataclass(frozen=True)
class Cost:
    """One row of the table of costs.

    Attributes:
        name: The word in options and documents.
        unit: What it counts.
        meaning: One line for people.
        of: The cost, from the parameter counts of what is really built.
    """

    name: str
    unit: str
    meaning: str
    of: Callable[[dict[str, int]], int]


COSTS: dict[str, Cost] = {
    row.name: row
    for row in (
        Cost("params", "parameters", "all parameters", lambda counts: counts["total"]),
        Cost("nonembedding", "parameters", "parameters of the blocks", lambda counts: counts["nonembedding"]),
        Cost("bytes", "bytes", "the weights in float32", lambda counts: BYTES * counts["total"]),
    )
}


def costs_of(space: SearchSpace, architecture: Architecture) -> dict[str, int]:
    """Every cost of an architecture, by name; raises InputError where it is not in the space."""
    counts = space.parameter_counts(architecture)
    return {name: cost.of(counts) for name, cost in COSTS.items()}
