"""What DEAP selects among: formulas with a fitness, and entries of the front.

DEAP's own classes are used as they are; its ``creator``, which writes classes into a global module, is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from deap import base

from lpzero.fitness import Correlation, Outcome, Status
from lpzero.formula import Formula, parse


class SearchFitness(base.Fitness):  # type: ignore[misc]  # deap has no types
    """The objective on the search split, less what the formula's size costs; more is better."""

    weights = (1.0,)


class ManyFitness(base.Fitness):  # type: ignore[misc]  # deap has no types
    """The objective on the search split, more is better; size and cost, less is better."""

    weights = (1.0, -1.0, -1.0)


class FrontFitness(base.Fitness):  # type: ignore[misc]  # deap has no types
    """Rank correlation on search and validation, more is better; size, less is better."""

    weights = (1.0, -1.0)


@dataclass(frozen=True)
class Evaluated:
    """What is known of a formula.

    Attributes:
        key: Its canonical key: the text of its canonical form.
        size: Nodes of its canonical form.
        status: What came of it.
        rule: The rule that pruned it, None unless the status is pruned.
        higher_is_better: Its direction, the sign of its correlation on the search split.
        objective: What the search makes of the search split, in [-1, 1]; None unless the status is ok.
        signature: Equal for formulas with the same ranks on the search split, up to reversal; None likewise.
        search: Correlation on the search split, direction applied; None likewise.
        validation: The same on the validation split; None also where that split is empty or sees a constant.
        both: The same on both splits together.
    """

    key: str
    size: int
    status: Status
    rule: str | None = None
    higher_is_better: bool = True
    objective: float | None = None
    signature: int | None = None
    search: Correlation | None = None
    validation: Correlation | None = None
    both: Correlation | None = None

    @property
    def ok(self) -> bool:
        """Whether it may become an individual: only finite, valid correlations reach DEAP."""
        return self.search is not None and self.both is not None and self.objective is not None

    @property
    def rank(self) -> tuple[int, str]:
        """Smaller for what represents formulas with equal ranks: the smaller one, then the first by text."""
        return self.size, self.key

    @cached_property
    def formula(self) -> Formula:
        """Its canonical form, read from the key."""
        return parse(self.key)

    def of(self, formula: Formula) -> Evaluated:
        """Itself, with the formula that is at hand and need not be read."""
        self.__dict__["formula"] = formula
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Travel to other processes without the formula, which the key says."""
        return {name: value for name, value in self.__dict__.items() if name != "formula"}


def directed(outcome: Outcome, higher_is_better: bool) -> Correlation | None:
    """The correlation of an outcome with the direction applied."""
    if outcome.correlation is None:
        return None
    return outcome.correlation if higher_is_better else outcome.correlation.flipped()


class Individual:
    """A valid formula with DEAP's fitness.

    Args:
        evaluated: The formula and its correlations.
        parsimony: Objective that one node more must earn.
        many: Whether objective, size and cost are three fitness values instead of one.

    Attributes:
        worth: The objective less what the size costs.
        fitness: As DEAP compares it.
    """

    def __init__(self, evaluated: Evaluated, parsimony: float, *, many: bool = False) -> None:
        assert evaluated.objective is not None
        self.evaluated = evaluated
        self.worth = evaluated.objective - parsimony * evaluated.size
        self.fitness: base.Fitness
        if many:
            self.fitness = ManyFitness((evaluated.objective, evaluated.size, evaluated.formula.cost))
        else:
            self.fitness = SearchFitness((self.worth,))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Individual) and self.evaluated.key == other.evaluated.key

    def __hash__(self) -> int:
        return hash(self.evaluated.key)

    def __deepcopy__(self, memo: dict[int, object]) -> Individual:
        """Itself: nothing in it changes, and DEAP's archives copy what they keep."""
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
        self.fitness = FrontFitness((evaluated.both.tau_a, evaluated.size))

    def __deepcopy__(self, memo: dict[int, object]) -> FrontMember:
        """Itself: nothing in it changes."""
        return self
