"""What is worth training: by what is expected of it, by how much better it may be, and how likely it is better."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from scipy import special, stats

from lpzero.acquisition.belief import Belief
from lpzero.fitness.resample import Floats

FARTHEST = 1e4
"""Deviations behind the best that still differ: beyond, the difference of two numbers near 1 is rounding."""


def chance(belief: Belief, best: float) -> Floats:
    """The probability that each training beats the best so far, (asked,)."""
    return np.asarray(stats.norm.sf(best, belief.mean, belief.deviation), dtype=np.float64)


def expected_value(belief: Belief, best: float) -> Floats:
    """What each training is expected to give, (asked,).

    It orders as the expected improvement does where all are equally sure.
    """
    del best
    return belief.mean


def log_expected_improvement(belief: Belief, best: float) -> Floats:
    """The logarithm of the expected improvement on the best so far, (asked,).

    Of Jones, Schonlau & Welch (1998, J. Global Optimization 13, eq. 15). What is so far behind that the improvement
    itself is 0 in floating point is ranked as well, by the form of Ament et al. (2023, arXiv 2310.20708, eq. 9).

    >>> some = Belief(np.array([0.0, -100.0, -101.0]), np.ones(3))
    >>> log_expected_improvement(some, 0.0).round(1).tolist()
    [-0.9, -5010.1, -5110.6]
    """
    z = (belief.mean - best) / belief.deviation
    near, far = np.maximum(z, -1.0), np.clip(z, -FARTHEST, -1.0)
    direct = np.log(stats.norm.pdf(near) + near * stats.norm.cdf(near))
    tail = stats.norm.logpdf(far) + np.log1p(far * math.sqrt(math.pi / 2) * special.erfcx(-far / math.sqrt(2)))
    return np.asarray(np.log(belief.deviation) + np.where(z > -1.0, direct, tail), dtype=np.float64)


VALUE, IMPROVEMENT = "value", "improvement"
ACQUISITIONS: Mapping[str, Callable[[Belief, float], Floats]] = MappingProxyType(
    {VALUE: expected_value, IMPROVEMENT: log_expected_improvement}
)
"""What orders candidates, by name: it takes what is believed of them and the best label; (asked,), highest first."""
