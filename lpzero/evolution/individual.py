"""What DEAP selects among: formulas with a fitness, and entries of the front.

DEAP's own classes are used as they are; its ``creator``, which writes classes into a global module, is not.
"""

from __future__ import annotations

from deap import base

from lpzero.evolution.discovery.candidate import Candidate


class SearchFitness(base.Fitness):  # type: ignore[misc]  # deap has no types
    """The objective on the search split, less what the formula's size costs; more is better."""

    weights = (1.0,)


class ManyFitness(base.Fitness):  # type: ignore[misc]  # deap has no types
    """The objective on the search split, more is better; size and cost, less is better."""

    weights = (1.0, -1.0, -1.0)


class FrontFitness(base.Fitness):  # type: ignore[misc]  # deap has no types
    """Rank correlation on search and validation, more is better; size, less is better."""

    weights = (1.0, -1.0)


class Individual:
    """A valid formula with DEAP's fitness.

    Args:
        candidate: The formula and its correlations.
        parsimony: Objective that one node more must earn.
        many: Whether objective, size and cost are three fitness values instead of one.

    Attributes:
        worth: The objective less what the size costs.
        fitness: As DEAP compares it.
    """

    def __init__(self, candidate: Candidate, parsimony: float, *, many: bool = False) -> None:
        assert candidate.objective is not None
        self.candidate = candidate
        self.worth = candidate.objective - parsimony * candidate.size
        self.fitness: base.Fitness
        if many:
            self.fitness = ManyFitness((candidate.objective, candidate.size, candidate.formula.cost))
        else:
            self.fitness = SearchFitness((self.worth,))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Individual) and self.candidate.key == other.candidate.key

    def __hash__(self) -> int:
        return hash(self.candidate.key)

    def __deepcopy__(self, memo: dict[int, object]) -> Individual:
        """Itself: nothing in it changes, and DEAP's archives copy what they keep."""
        return self


class FrontMember:
    """A formula as the front compares it.

    Attributes:
        candidate: The formula and its correlations.
        fitness: (tau-a on search and validation, size).
    """

    def __init__(self, candidate: Candidate) -> None:
        assert candidate.both is not None
        self.candidate = candidate
        self.fitness = FrontFitness((candidate.both.tau_a, candidate.size))

    def __deepcopy__(self, memo: dict[int, object]) -> FrontMember:
        """Itself: nothing in it changes."""
        return self
