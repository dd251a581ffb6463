"""Rank correlation of scores with quality: scipy's arithmetic, our policy on ties and constants."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from lpzero.errors import InputError


@dataclass(frozen=True)
class Correlation:
    """How well scores rank qualities; all three coefficients in [-1, 1].

    Attributes:
        tau_b: Kendall's tau-b: ties are taken out of the count, so few distinct scores are rewarded.
        tau_a: Kendall's tau-a: concordant minus discordant pairs over all pairs; a tie earns nothing.
        rho: Spearman's rho, with mean ranks for ties.
        distinct: Share of distinct scores, in (0, 1].
    """

    tau_b: float
    tau_a: float
    rho: float
    distinct: float

    def flipped(self) -> Correlation:
        """The correlation of the negated scores."""
        return Correlation(-self.tau_b, -self.tau_a, -self.rho, self.distinct)


def _tied_pairs(values: np.ndarray) -> int:
    counts = np.unique(values, return_counts=True)[1].astype(np.int64)
    return int((counts * (counts - 1) // 2).sum())


def net_pairs(x: np.ndarray, y: np.ndarray) -> float:
    """Concordant minus discordant pairs, from scipy's tau-b; 0 where one side is constant."""
    pairs = len(x) * (len(x) - 1) / 2
    free = (pairs - _tied_pairs(x)) * (pairs - _tied_pairs(y))
    return 0.0 if free == 0 else float(stats.kendalltau(x, y).statistic) * math.sqrt(free)


def correlate(scores: np.ndarray, quality: np.ndarray) -> Correlation:
    """Correlate scores with quality.

    Args:
        scores: (architectures,), finite, at least two distinct values.
        quality: (architectures,), finite, higher is better, at least two distinct values.

    Raises:
        InputError: The lengths differ, fewer than two architectures, a value is not finite, or one side is
            constant.

    >>> c = correlate(np.array([1.0, 2.0, 3.0, 3.0]), np.array([10.0, 20.0, 30.0, 40.0]))
    >>> round(c.tau_b, 3), round(c.tau_a, 3), c.distinct
    (0.913, 0.833, 0.75)
    """
    if scores.shape != quality.shape or scores.ndim != 1 or len(scores) < 2:
        raise InputError(
            f"expected scores and quality of one length of at least 2, found {scores.shape} and {quality.shape}"
        )
    if not (np.isfinite(scores).all() and np.isfinite(quality).all()):
        raise InputError("expected finite scores and quality, found NaN or infinity")
    if len(np.unique(scores)) < 2 or len(np.unique(quality)) < 2:
        raise InputError("expected at least two distinct scores and qualities, found a constant")
    pairs = len(scores) * (len(scores) - 1) / 2
    return Correlation(
        tau_b=float(stats.kendalltau(scores, quality).statistic),
        tau_a=net_pairs(scores, quality) / pairs,
        rho=float(stats.spearmanr(scores, quality).statistic),
        distinct=len(np.unique(scores)) / len(scores),
    )
