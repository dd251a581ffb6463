"""The values of formulas on one model: exact, or estimated from a sample of each tensor's elements with an error."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from torch import nn

from lpzero.engines.fault import MODEL_ERRORS
from lpzero.errors import InputError
from lpzero.formula import Formula
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.traversal.source import reduced_source
from lpzero.formula.values import SketchSource
from lpzero.operands.batch import Batch
from lpzero.operands.brought import derived_named, known_operand
from lpzero.operands.extract import Operands
from lpzero.operands.resample import resampled
from lpzero.operands.shape import COUNTS
from lpzero.operands.sketch import Sketch, sketch_pass
from lpzero.seeds import derived_seed
from lpzero.spaces.models.sites import SiteMap

RESAMPLES = 100
"""Enough for a standard error that is itself 7 % uncertain."""
LEAST = 16
"""The fewest elements that a sketch keeps of a tensor."""

ValueOf = Callable[[Formula], tuple[float, float | None]]
"""Gives the value of a formula, and the standard error of an estimate."""


@dataclass(frozen=True)
class Sample:
    """What scores are estimated from.

    Attributes:
        elements: Elements that are looked at of each tensor, at least 16; one that has no more is looked at whole.
        seed: Seed of which they are, and of the resamples that tell the error.
    """

    elements: int
    seed: int

    def __post_init__(self) -> None:
        if self.elements < LEAST:
            raise InputError(f"`sketch`: expected at least {LEAST} elements of each tensor, found {self.elements}")


def values_on(
    model: nn.Module, site_map: SiteMap, batch: Batch, formulas: Sequence[Formula], sample: Sample | None
) -> ValueOf:
    """Make the passes that formulas need, once.

    Args:
        model: As of :func:`lpzero.operands.extract.extract`.
        site_map: Likewise.
        batch: Likewise.
        formulas: What will be asked for.
        sample: How much is looked at; None for all.

    Returns:
        What gives the value of each of the formulas, or raises why there is none. Raises as
        :func:`lpzero.operands.extract.extract` does.
    """
    if sample is None:
        evaluator = Evaluator(reduced_source(model, site_map, batch, formulas))
        return lambda formula: (float(evaluator.scores(formula)[0]), None)
    found = estimates(model, site_map, batch, formulas, sample)
    return lambda formula: (found.value(formula), found.error(formula))


class Estimates:
    """Scores of one model by some formulas, from its sketch.

    Args:
        outline: What is known of the model beside its tensors.
        sketch: Its sketch.
        formulas: What will be asked for.
        seed: Seed of the resamples.
    """

    def __init__(self, outline: Operands, sketch: Sketch, formulas: Sequence[Formula], seed: int) -> None:
        self._outline = outline
        self._evaluator = Evaluator(SketchSource([sketch]))
        self._errors = _standard_errors(sketch, formulas, seed)

    def value(self, formula: Formula) -> float:
        """The estimate.

        Raises:
            LpzeroError: The model does not show an operand.
            InputError: The formula looks along the axes of its tensors, which a sketch has not.
        """
        for name in sorted(formula.operands):
            self._outline.rows(known_operand(name))
        for name in sorted(formula.shape_operands & set(COUNTS)):
            self._outline.count(name)
        return float(self._evaluator.scores(formula)[0])

    def error(self, formula: Formula) -> float | None:
        """The standard error of the estimate by the draw of elements; None where it is not finite."""
        return self._errors.get(formula)


def estimates(
    model: nn.Module, site_map: SiteMap, batch: Batch, formulas: Sequence[Formula], sample: Sample
) -> Estimates:
    """Make a pass and estimate scores by formulas.

    Args:
        model: As of :func:`lpzero.operands.extract.extract`.
        site_map: Likewise.
        batch: Likewise.
        formulas: What will be asked for.
        sample: How much is looked at.

    Raises:
        LpzeroError: As :func:`lpzero.operands.extract.extract` does.
    """
    seed = derived_seed(sample.seed, "sketch")
    names = frozenset[str]().union(*(formula.operands for formula in formulas))
    outline, sketch = sketch_pass(
        model, site_map, batch, elements=sample.elements, seed=seed, derived=derived_named(names)
    )
    return Estimates(outline, sketch, formulas, sample.seed)


def _standard_errors(sketch: Sketch, formulas: Sequence[Formula], seed: int) -> dict[Formula, float]:
    """By formula the standard deviation of its scores over bootstrap resamples, where all of them are finite."""
    rng = np.random.default_rng(derived_seed(seed, "resamples"))
    usable = [formula for formula in dict.fromkeys(formulas) if not formula.needs_axes]
    found: dict[Formula, list[float]] = {formula: [] for formula in usable}
    for _ in range(RESAMPLES if usable else 0):
        evaluator = Evaluator(SketchSource([resampled(sketch, rng)]))
        for formula, scores in found.items():
            scores.append(_value(evaluator, formula))
    spreads = {formula: np.array(scores) for formula, scores in found.items() if np.isfinite(scores).all()}
    # equal scores have no spread, to the last digit
    return {formula: float(np.std(scores - scores[0], ddof=1)) for formula, scores in spreads.items()}


def _value(evaluator: Evaluator, formula: Formula) -> float:
    """The value of a formula, NaN where there is none: its own score says why."""
    try:
        return float(evaluator.scores(formula)[0])
    except MODEL_ERRORS:
        return math.nan
