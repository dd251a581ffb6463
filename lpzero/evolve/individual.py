"""What DEAP selects among: formulas with a fitness, and entries of the front.

DEAP's own classes are used as they are; its ``creator``, which writes classes into a global module, is not.
"""

from __future__ import annotations

from dataclasses import dataclass

from deap import base

from lpzero.fitness import Correlation, Outcome, Status
from lpzero.formula import Formula


class SearchFitness(base.Fitness):  # type: ignore[misc]  # deap has no types
    """Rank correlation on the search split, less what the formula's size costs; more is better."""

    weights = (1.0,)


class FrontFitness(base.Fitness):  # type: ignore[misc]  # deap has no types
    """Rank correlation on search and validation, more is better; size, less is better."""

    weights = (1.0, -1.0)


@dataclass(frozen=True)
class Evaluated:
    """What is known of a formula.

    Attributes:
        key: Its canonical key.
        formula: Its canonical form.
        status: What came of it.
        rule: The rule that pruned it, None unless the status is pruned.
        higher_is_better: Its direction, the sign of its correlation on the search split.
        search: Correlation on the search split, direction applied; None unless the status is ok.
        validation: The same on the validation split; None also where that split is empty or sees a constant.
        both: The same on both splits together.
    """

    key: str
    formula: Formula
    status: Status
    rule: str | None = None
    higher_is_better: bool = True
    search: Correlation | None = None
    validation: Correlation | None = None
    both: Correlation | None = None

    @property
    def ok(self) -> bool:
        """Whether it may become an individual: only finite, valid correlations reach DEAP."""
        return self.search is not None and self.both is not None


def directed(outcome: Outcome, higher_is_better: bool) -> Correlation | None:
    """The correlation of an outcome with the direction applied."""
    if outcome.correlation is None:
        return None
    return outcome.correlation if higher_is_better else outcome.correlation.flipped()


class Individual:
    """A valid formula with DEAP's fitness.

    Attributes:
        evaluated: The formula and its correlations.
        fitness: As DEAP compares it.
    """

    def __init__(self, evaluated: Evaluated, parsimony: float) -> None:
        assert evaluated.search is not None
        self.evaluated = evaluated
        self.fitness = SearchFitness((evaluated.search.tau_a - parsimony * evaluated.formula.size,))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Individual) and self.evaluated.key == other.evaluated.key

    def __hash__(self) -> int:
        return hash(self.evaluated.key)

    def __deepcopy__(self, memo: dict[int, object]) -> Individual:
        """Itself: nothing in it changes, and DEAP's hall of fame copies what it keeps."""
        return self


class FrontMember:
    """A formula as the front compares it.

    Attributes:
        evaluated: The formula and its correlations.
        fitness: (tau-a on search and validation, size).
    """

    def __init__(self, evaluated: Evaluated) -> None:
        assert evaluated.both is not None
        self.evaluated = evaluated
        self.fitness = FrontFitness((evaluated.both.tau_a, evaluated.formula.size))

    def __deepcopy__(self, memo: dict[int, object]) -> FrontMember:
        """Itself: nothing in it changes."""
        return self
