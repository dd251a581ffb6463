"""Who breeds and who survives: a tournament by one fitness, or NSGA-II by objective, size and cost.

DEAP's random selection draws from Python's global generator, so that entrants here are drawn from the island's own;
``selBest`` and ``selNSGA2``, which draw nothing, are DEAP's.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from deap import tools

from lpzero.evolution.individual import Individual


class Selection(Protocol):
    """How one island selects."""

    many: bool

    def begin(self, population: list[Individual]) -> None:
        """Look at the population that parents will be chosen from."""
        ...

    def parent(self, population: list[Individual], rng: np.random.Generator) -> Individual:
        """Choose one parent."""
        ...

    def carried(self, population: list[Individual]) -> list[Individual]:
        """Those of a population that the next one begins with."""
        ...

    def survivors(self, before: list[Individual], bred: list[Individual]) -> list[Individual]:
        """The next population, of the one before and the one that was bred from it."""
        ...


class Tournament(Selection):
    """The best of a few entrants is a parent; the elite survives, and what was bred replaces the others.

    Args:
        size: Entrants, at least 1.
        elite: Individuals that survive.
    """

    many = False

    def __init__(self, size: int, elite: int) -> None:
        self._size = size
        self._elite = elite

    def begin(self, population: list[Individual]) -> None:
        """Nothing is to be prepared."""

    def parent(self, population: list[Individual], rng: np.random.Generator) -> Individual:
        """See :class:`Selection`."""
        entrants = [population[i] for i in rng.integers(0, len(population), size=self._size).tolist()]
        winner: Individual = tools.selBest(entrants, 1)[0]
        return winner

    def carried(self, population: list[Individual]) -> list[Individual]:
        """See :class:`Selection`: the elite."""
        return list(tools.selBest(population, min(self._elite, len(population))))

    def survivors(self, before: list[Individual], bred: list[Individual]) -> list[Individual]:  # noqa: ARG002
        """See :class:`Selection`: all that was bred, the elite among it."""
        return bred


class Nsga2(Selection):
    """NSGA-II (Deb et al. 2002, IEEE Trans. Evol. Comput. 6): fronts first, then the room around an individual.

    Args:
        population: Individuals that survive.
    """

    many = True

    def __init__(self, population: int) -> None:
        self._population = population

    def begin(self, population: list[Individual]) -> None:
        """Measure the room around each individual: a population read from a checkpoint does not have it."""
        tools.selNSGA2(population, len(population), nd="log")

    def parent(self, population: list[Individual], rng: np.random.Generator) -> Individual:
        """Of two entrants the one that dominates, else the one with more room, else the first."""
        first, second = (population[i] for i in rng.integers(0, len(population), size=2).tolist())
        one, other = first.fitness, second.fitness
        roomier = other.crowding_dist > one.crowding_dist and not one.dominates(other)
        chosen: Individual = second if roomier or other.dominates(one) else first
        return chosen

    def carried(self, population: list[Individual]) -> list[Individual]:  # noqa: ARG002
        """See :class:`Selection`: parents compete with what they bred, and need no place of their own."""
        return []

    def survivors(self, before: list[Individual], bred: list[Individual]) -> list[Individual]:
        """See :class:`Selection`: the first fronts of both."""
        return list(tools.selNSGA2([*before, *bred], self._population, nd="log"))
