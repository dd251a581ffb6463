"""The fitness of scores: an outcome with a status, and a correlation only where the status is ok."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from lpzero.fitness.correlation import Correlation, correlate


class Status(str, Enum):
    """What came of an evaluation."""

    OK = "ok"
    NONFINITE = "nonfinite"
    CONSTANT = "constant"
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
    """
    if not np.isfinite(scores).all():
        return Outcome(Status.NONFINITE)
    if len(np.unique(scores)) < 2 or len(np.unique(quality)) < 2:
        return Outcome(Status.CONSTANT)
    return Outcome(Status.OK, correlate(scores, quality))
