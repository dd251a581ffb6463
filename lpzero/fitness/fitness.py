"""The fitness of scores: an outcome with a status, and a correlation only where the status is ok."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from lpzero.fitness.correlation import Correlation, correlate

SMALLEST_NORMAL = float(np.finfo(np.float32).smallest_normal)
"""Tensors are float32: a value closer to 0 than this one has lost digits there, or all of them."""


class Status(str, Enum):
    """What came of an evaluation, as far as it is known.

    ``overflow``: a score is infinite and none is NaN. ``nonfinite``: a score is NaN, which may come of an overflow
    within the formula, as in inf - inf. ``constant`` and ``underflow``: all scores are equal; ``underflow``, where that
    must come of rounding: they are closer to 0 than the smallest normal float32, and not 0, or 0 although the formula
    is known to vary. Scores alone do not tell a 0 that vanished from one that is exact, nor what a protected logarithm
    made of it: these are ``constant``. Scores that differ are ``ok``, however small they are.
    """

    OK = "ok"
    NONFINITE = "nonfinite"
    OVERFLOW = "overflow"
    CONSTANT = "constant"
    UNDERFLOW = "underflow"
    PRUNED = "pruned"
    OUT_OF_MEMORY = "out_of_memory"


@dataclass(frozen=True)
class Outcome:
    """The fitness of a formula or metric on some architectures.

    Attributes:
        status: What came of it.
        correlation: With quality, higher scores being better; None unless the status is ok.
        rule: The rule that pruned it; None unless the status is pruned.
    """

    status: Status
    correlation: Correlation | None = None
    rule: str | None = None

    @property
    def ok(self) -> bool:
        """Whether there is a correlation."""
        return self.correlation is not None


def judge(scores: np.ndarray, quality: np.ndarray) -> Outcome:
    """Judge scores against quality.

    Args:
        scores: (architectures,), any values.
        quality: (architectures,), finite, higher is better.

    >>> judge(np.array([1.0, np.nan]), np.array([1.0, 2.0])).status.value
    'nonfinite'
    >>> judge(np.array([3.0, 3.0]), np.array([1.0, 2.0])).status.value
    'constant'
    >>> judge(np.array([1e-45, 1e-45]), np.array([1.0, 2.0])).status.value
    'underflow'
    """
    if not np.isfinite(scores).all():
        return Outcome(Status.NONFINITE if np.isnan(scores).any() else Status.OVERFLOW)
    if len(np.unique(scores)) < 2:
        return Outcome(Status.UNDERFLOW if 0 < abs(scores[0]) < SMALLEST_NORMAL else Status.CONSTANT)
    if len(np.unique(quality)) < 2:
        return Outcome(Status.CONSTANT)
    return Outcome(Status.OK, correlate(scores, quality))
