"""A candidate: a formula with what its evaluation on search and validation said of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lpzero.fitness import Correlation, Outcome, Status
from lpzero.formula import Formula, parse


@dataclass(frozen=True)
class Candidate:
    """A formula, and what is known of it.

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
        form: Its canonical form where that is at hand, which need then not be read from the key.
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
    form: Formula | None = field(default=None, compare=False, repr=False)

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
        """Its canonical form, read from the key where it did not come along."""
        return parse(self.key) if self.form is None else self.form

    def __getstate__(self) -> dict[str, Any]:
        """Travel to other processes without the formula, which the key says."""
        return {**{name: value for name, value in self.__dict__.items() if name != "formula"}, "form": None}


def directed(outcome: Outcome, higher_is_better: bool) -> Correlation | None:
    """The correlation of an outcome with the direction applied."""
    if outcome.correlation is None:
        return None
    return outcome.correlation if higher_is_better else outcome.correlation.flipped()
