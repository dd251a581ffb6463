"""Children of an evolution: choices drawn anew by a probability each, and choices taken from either of two parents."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lpzero.errors import InputError
from lpzero.nas.pool import DRAWS, OpenPool, Pool
from lpzero.spaces.architecture import Architecture, Value
from lpzero.spaces.choices import Choice
from lpzero.spaces.space import SearchSpace


def redrawn(
    space: SearchSpace, parent: Architecture, probability: float, rng: np.random.Generator
) -> Architecture | None:
    """Draw every choice of an architecture anew with a probability, the depth among them, uniform over its values.

    A value may be drawn that was there before, as in HAT (Wang et al. 2020). Where the depth falls the last layers go,
    where it grows freshly drawn ones come behind them.

    Args:
        space: The space of the parent.
        parent: The parent.
        probability: Of each choice, in (0, 1].
        rng: Source of randomness.

    Returns:
        The child; None where a constraint of the space forbids it.
    """
    choices = space.choices
    whole, layers = dict(parent.whole), [parent.layer(index) for index in range(parent.depth)]
    if len(choices.depths) > 1 and rng.random() < probability:
        depth = choices.depths[int(rng.integers(len(choices.depths)))]
        layers = layers[:depth] + [_drawn(choices.of_layer(index), rng) for index in range(parent.depth, depth)]
    places = [(whole, choice) for choice in choices.whole]
    places += [(layer, choice) for index, layer in enumerate(layers) for choice in choices.of_layer(index)]
    for values, choice in places:
        if rng.random() < probability:
            values.update(choice.draw(rng))
    child = Architecture.of(parent.space, whole, layers)
    try:
        space.validate(child)
    except InputError:
        return None
    return child


def _drawn(choices: Sequence[Choice], rng: np.random.Generator) -> dict[str, Value]:
    return {name: value for choice in choices for name, value in choice.draw(rng).items()}


def mutant(
    pool: Pool, parents: Sequence[Architecture], probability: float, rng: np.random.Generator, taken: set[str]
) -> Architecture | None:
    """A child of one parent, drawn evenly, that fits and whose model is not taken.

    Args:
        pool: Where candidates come from; one of a table gives a record near the parent.
        parents: One or more.
        probability: That a choice is drawn anew.
        rng: Source of randomness.
        taken: Keys of models that it may not be.

    Returns:
        The child, or a random architecture where a thousand draws gave none; None where the pool has none left.
    """

    def drawn() -> Architecture | None:
        parent = parents[int(rng.integers(len(parents)))]
        if isinstance(pool, OpenPool):
            return redrawn(pool.space, parent, probability, rng)
        return pool.neighbour([parent], rng, taken)

    return _fitting(pool, drawn, rng, taken)


def crossed(
    pool: Pool, parents: Sequence[Architecture], rng: np.random.Generator, taken: set[str]
) -> Architecture | None:
    """Likewise a child of two different parents, every choice from either, evenly; of one parent where there is one."""

    def drawn() -> Architecture | None:
        pair = [parents[int(i)] for i in rng.choice(len(parents), size=min(2, len(parents)), replace=False)]
        if not isinstance(pool, OpenPool):
            return pool.neighbour(pair, rng, taken)
        return pool.space.crossover(pair[0], pair[-1], rng)

    return _fitting(pool, drawn, rng, taken)


def _fitting(
    pool: Pool, draw: Callable[[], Architecture | None], rng: np.random.Generator, taken: set[str]
) -> Architecture | None:
    """The first of a bounded number of draws that fits and is new, else a random architecture of the pool."""
    for _ in range(DRAWS):
        child = draw()
        if not isinstance(pool, OpenPool):
            # its neighbours fit, and are new
            return child
        if child is not None and pool.space.model_key(child) not in taken and pool.excess(child) is None:
            return child
    return pool.sample(rng, taken)
