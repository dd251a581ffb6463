"""The chance that one of two architectures trains better than the other, before both are trained.

What a regression misses of labels that it has not seen contains both its own error and the noise of one training. Of
two architectures that are drawn as the labels are, the difference is missed by the difference of two such misses: its
variance is twice theirs, and over its root the expected difference follows Student's distribution. What was trained
already is missed by the noise alone: one more training lies from the mean of n others by the noise times the root of
1 + 1/n.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from lpzero.predictors.gate.seed_noise import SeedNoise
from lpzero.predictors.prediction import Prediction, PredictionStatus
from lpzero.predictors.regression import FittedRegression
from lpzero.spaces.architecture import Architecture

FEWEST = 10
"""The fewest labelled models that a chance is told of: with fewer its calibration is not known."""


@dataclass(frozen=True)
class Side:
    """What is known of one of the two.

    Attributes:
        prediction: What is expected of it; of one that was trained the mean of its trainings.
        trainings: How often it was trained; 0 where it was not.
    """

    prediction: Prediction
    trainings: int


@dataclass(frozen=True)
class Chance:
    """How likely one architecture trains better than another.

    Attributes:
        probability: Of one more training of each; None where nothing can be said.
        reason: Why nothing can be said; empty where it can.
    """

    probability: float | None
    reason: str = ""


def side_of(fitted: FittedRegression, architecture: Architecture, measured: Sequence[float] = ()) -> Side:
    """What is known of an architecture.

    Args:
        fitted: The regression, with its labels.
        architecture: The architecture.
        measured: Qualities of its trainings, which stand for what the labels say of it; nothing for the labels alone.
    """
    known = fitted.known.with_trainings(architecture, measured) if measured else fitted.known
    found = known.find(architecture)
    if found is None:
        return Side(fitted.predict([architecture])[0], 0)
    return Side(found, len(known.trained[known.space.model_key(architecture)]))


def chance(fitted: FittedRegression, base: Side, candidate: Side, noise: SeedNoise | None) -> Chance:
    """How likely one more training of a candidate is better than one more of a base.

    Args:
        fitted: The regression, with its labels.
        base: What the candidate is compared with.
        candidate: The candidate.
        noise: The noise of training; None where it is not known. It is asked for only of what was trained: what the
            regression misses of others contains it.
    """
    reason = _silence(fitted, {"base": base, "candidate": candidate}, noise)
    if reason:
        return Chance(None, reason)
    missed = Variance(0.0, math.inf)
    if not (base.trainings and candidate.trainings):
        missed = Variance(float(fitted.missed.var(ddof=1)), len(fitted.missed) - 1)
    one, other = (_around(fitted, side, noise, missed) for side in (base, candidate))
    ahead, whole = _regressed(fitted, candidate) - _regressed(fitted, base), one.value + other.value
    if whole == 0:
        return Chance(0.5 if ahead == 0 else float(ahead > 0))
    same_estimate = (base.trainings > 0) == (candidate.trainings > 0)
    freedom = one.freedom if same_estimate else one.together(other)
    return Chance(float(stats.t.cdf(ahead / math.sqrt(whole), freedom)))


@dataclass(frozen=True)
class Variance:
    """Of one training around what is expected of it.

    Attributes:
        value: On the scale of the regression, squared.
        freedom: Degrees of freedom of the estimate.
    """

    value: float
    freedom: float

    def together(self, other: Variance) -> float:
        """The degrees of freedom of the sum of two estimates, one of them above 0 (Welch 1947, Satterthwaite 1946)."""
        return (self.value + other.value) ** 2 / sum(one.value**2 / one.freedom for one in (self, other))


def _silence(fitted: FittedRegression, sides: Mapping[str, Side], noise: SeedNoise | None) -> str:
    """Why nothing can be said; empty where it can."""
    models = len(set(fitted.told.groups))
    for name, side in sides.items():
        found = side.prediction
        if found.status is PredictionStatus.FAILED:
            return f"the {name} has no expected value: {found.reason}"
        if found.status is PredictionStatus.EXTRAPOLATED:
            return f"the {name} is unlike all labels: {found.reason}"
        if side.trainings and noise is None:
            return f"the {name} was trained, and the noise of training is not known: give `noise`"
        if not side.trainings and models < FEWEST:
            return f"expected labels of at least {FEWEST} models, found {models}: train more"
    return ""


def _regressed(fitted: FittedRegression, side: Side) -> float:
    """The expected quality on the scale of the regression, higher is better."""
    assert side.prediction.value is not None
    sign = 1.0 if fitted.higher_is_better else -1.0
    return float(fitted.scale.regressed(np.array(sign * side.prediction.value)))


def _around(fitted: FittedRegression, side: Side, noise: SeedNoise | None, missed: Variance) -> Variance:
    """By how much one more training lies from what is expected of one of the two."""
    if not side.trainings:
        return missed
    assert noise is not None
    assert side.prediction.value is not None
    # the slope of the logarithm
    slope = 1 / abs(side.prediction.value) if fitted.scale.logarithmic else 1.0
    return Variance((noise.deviation * slope) ** 2 * (1 + 1 / side.trainings), noise.freedom)
