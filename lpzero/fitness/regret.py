"""What a search that trusts the scores would find: regret of the best few, and how the top of a table is ranked.

Architectures of one score are in no order: every figure is its expected value where ties are broken at random, worked
out exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from lpzero.errors import InputError
from lpzero.fitness.correlation import net_pairs


@dataclass(frozen=True)
class Regret:
    """How much worse the best of the highest scores is than the best of all.

    Attributes:
        quality: In the unit of the qualities, at least 0.
        share: Of the range of the qualities, in [0, 1].
    """

    quality: float
    share: float


@dataclass(frozen=True)
class TopDecile:
    """How the best tenth of the architectures, by quality, is ranked.

    Attributes:
        n: Architectures in it: a tenth, rounded up, at least 2, and those that tie with the last of them.
        tau_a: Kendall's tau-a among them, in [-1, 1].
        precision: Expected share of a tenth by quality among a tenth by score, in [0, 1]: .1 by chance.
    """

    n: int
    tau_a: float
    precision: float


def _check(scores: np.ndarray, quality: np.ndarray) -> None:
    if scores.shape != quality.shape or scores.ndim != 1 or len(scores) < 2:
        raise InputError(
            f"expected scores and quality of one length of at least 2, found {scores.shape} and {quality.shape}"
        )
    if not (np.isfinite(scores).all() and np.isfinite(quality).all()):
        raise InputError("expected finite scores and quality, found NaN or infinity")


def _share_in_top(values: np.ndarray, k: int) -> np.ndarray:
    """The probability of each to be among the k highest, ties at the edge broken at random."""
    edge = np.sort(values)[-k]
    above, tied = values > edge, values == edge
    return np.asarray(above + tied * ((k - above.sum()) / tied.sum()))


def regret(scores: np.ndarray, quality: np.ndarray, k: int) -> Regret:
    """The best quality of all, less the best among the k highest scores.

    Of t architectures that tie at the edge, j are drawn: with their qualities in ascending order, the r-th is the best
    of those with the probability C(r - 1, j - 1) / C(t, j).

    Args:
        scores: (architectures,), finite, higher is better.
        quality: (architectures,), finite, higher is better.
        k: How many one would train, at least 1; all of them where there are fewer.

    Raises:
        InputError: The lengths differ, fewer than two architectures, a value is not finite, or k is below 1.

    >>> regret(np.array([3.0, 2.0, 1.0]), np.array([7.0, 9.0, 5.0]), 1)
    Regret(quality=2.0, share=0.5)
    """
    _check(scores, quality)
    if k < 1:
        raise InputError(f"expected the number of highest scores, at least 1, found {k}")
    k = min(k, len(scores))
    edge = np.sort(scores)[-k]
    sure, tied = quality[scores > edge], np.sort(quality[scores == edge])
    t, j = len(tied), k - len(sure)
    chances = np.array([math.comb(r, j - 1) / math.comb(t, j) for r in range(t)])
    found = float(chances @ np.maximum(tied, sure.max(initial=-np.inf)))
    lost, spread = max(0.0, float(quality.max()) - found), float(np.ptp(quality))
    return Regret(lost, lost / spread if spread > 0 else 0.0)


def top_decile(scores: np.ndarray, quality: np.ndarray) -> TopDecile:
    """How the scores rank the best tenth by quality, and how much of it is a tenth by score.

    Args:
        scores: (architectures,), finite, higher is better.
        quality: (architectures,), finite, higher is better.

    Raises:
        InputError: The lengths differ, fewer than two architectures, or a value is not finite.
    """
    _check(scores, quality)
    tenth = math.ceil(len(quality) / 10)
    best = quality >= np.sort(quality)[-max(2, tenth)]
    n = int(best.sum())
    overlap = float(_share_in_top(scores, tenth) @ _share_in_top(quality, tenth))
    return TopDecile(n, net_pairs(scores[best], quality[best]) / (n * (n - 1) / 2), overlap / tenth)


def percentile(values: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Where values stand among others, 0 to 100: the share that is lower, half of those that are equal counted in.

    Args:
        values: (values,), finite.
        of: (others,), finite, one or more.

    >>> percentile(np.array([1.0, 2.0, 9.0]), np.array([1.0, 2.0, 3.0, 4.0])).tolist()
    [12.5, 37.5, 100.0]
    """
    return np.asarray(stats.percentileofscore(of, values, kind="mean"), dtype=np.float64)


def pick_percentile(scores: np.ndarray, quality: np.ndarray) -> float:
    """The percentile of the quality of the architecture with the highest score, in [0, 100].

    Args:
        scores: (architectures,), finite, higher is better.
        quality: (architectures,), finite, higher is better.

    Returns:
        As of :func:`percentile`.

    Raises:
        InputError: The lengths differ, fewer than two architectures, or a value is not finite.
    """
    _check(scores, quality)
    picks = quality[scores == scores.max()]
    return float(percentile(picks, quality).mean())
