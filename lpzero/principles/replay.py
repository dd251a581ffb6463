"""Searches replayed on a table: what is evaluated is looked up, so that hundreds of them take seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lpzero.principles.language.columns import Codes, Columns, Floats
from lpzero.principles.language.holds import Mask

POPULATION = 5
TOURNAMENT = 2
EVERY = 5
"""Evaluations after which a search asks anew where it may look (LAPT)."""


def coded_choices(columns: Columns) -> Codes:
    """Every choice of architectures as a number, (architectures, choices): what they differ in."""
    found = [columns.codes("depth")[:, None]]
    for feature in columns.features.values():
        if feature.kind == "layers":
            found.append(columns.codes(feature.name))
        elif feature.name == feature.of:
            found.append(columns.codes(feature.name)[:, None])
    return np.concatenate(found, axis=1)


def evolve_records(
    codes: Codes,
    oriented: Floats,
    kept: Mask,
    evaluations: int,
    rng: np.random.Generator,
    *,
    population: int = POPULATION,
    tournament: int = TOURNAMENT,
    again: Callable[[npt.NDArray[np.int64]], Mask] | None = None,
    every: int = EVERY,
) -> npt.NDArray[np.int64]:
    """Regularised evolution (Real et al. 2019) among records: the oldest dies; a child differs as little as there is.

    A child is drawn from the records that were not evaluated and differ least from the winner of a tournament: in one
    choice, where every architecture is a record.

    Args:
        codes: (records, choices), of :func:`coded_choices`.
        oriented: (records,), higher is better.
        kept: (records,), which may be evaluated.
        evaluations: How many are, at most.
        rng: Source of randomness.
        population: How many live, drawn at random to begin with.
        tournament: How many of them a parent is the best of.
        again: Says anew which records may be evaluated, given those that were, in their order; None to leave it.
        every: After how many evaluations, each time.

    Returns:
        The records in the order of evaluation, each once.
    """
    left = np.flatnonzero(kept)
    order = [int(one) for one in rng.choice(left, size=min(population, evaluations, len(left)), replace=False)]
    alive = deque(order, maxlen=population)
    open_ = kept.copy()
    open_[order] = False
    while len(order) < evaluations:
        if again is not None and len(order) % every == 0:
            open_ = again(np.array(order, dtype=np.int64))
            open_[order] = False
        if not open_.any():
            break
        drawn = rng.choice(len(alive), size=min(tournament, len(alive)), replace=False)
        parent = max((alive[int(place)] for place in drawn), key=lambda record: float(oriented[record]))
        places = np.flatnonzero(open_)
        apart = (codes[places] != codes[parent]).sum(axis=1)
        near = places[apart == apart.min()]
        child = int(near[int(rng.integers(len(near)))])
        order.append(child)
        alive.append(child)
        open_[child] = False
    return np.array(order, dtype=np.int64)
