"""Uncertainty of rank correlations: the bootstrap over groups of duplicate architectures.

A resample draws groups of duplicate architectures with replacement: it is a whole number of copies of every
architecture. Over pairs of architectures the coefficients are quadratic forms in these weights, so that thousands of
resamples are a few matrix products.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from lpzero.errors import InputError

Floats = npt.NDArray[np.float64]
Interval = tuple[float, float]

BATCH = 1000
"""Resamples that are held at once."""


@dataclass(frozen=True)
class Intervals:
    """Percentile bootstrap intervals, (lower end, upper end), in [-1, 1].

    Attributes:
        tau_a: Of Kendall's tau-a.
        tau_b: Of Kendall's tau-b.
        rho: Of Spearman's rho.
    """

    tau_a: Interval
    tau_b: Interval
    rho: Interval


def order(values: Floats) -> Floats:
    """Which of two architectures has more: (architectures, architectures) of -1, 0 and 1."""
    return np.sign(values[:, None] - values)


def quadratic(weights: Floats, form: Floats) -> Floats:
    """Weights (..., architectures) on both sides of a form (architectures, architectures)."""
    return np.asarray(((weights @ form) * weights).sum(-1))


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """A ratio, 0 where the denominator is: a resample in which one side is constant shows no correlation."""
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)


def weighted_pairs(weights: Floats) -> Floats:
    """Twice the pairs of a resample, those of two copies of one architecture left out."""
    return np.asarray(weights.sum(-1) ** 2 - (weights**2).sum(-1))


def bootstrap_groups(
    statistic: Callable[[Floats], Floats], groups: np.ndarray, rng: np.random.Generator, resamples: int, level: float
) -> tuple[Floats, Floats, Floats]:
    """Resample groups.

    Args:
        statistic: Maps weights (..., architectures) to figures (figures, ...).
        groups: (architectures,) labels.
        rng: Source of randomness.
        resamples: Their number.
        level: Confidence level.

    Returns:
        The lower and upper ends (figures,) and the figures of every resample (figures, resamples).

    Raises:
        InputError: There are fewer than two groups.
    """
    labels, member = np.unique(groups, return_inverse=True)
    if len(labels) < 2:
        raise InputError(f"expected at least two different architectures to resample, found {len(labels)}")

    def of_drawn(drawn: npt.NDArray[np.int64], axis: int = -1) -> Floats:  # noqa: ARG001 - scipy names the axis
        rows = drawn.reshape(-1, drawn.shape[-1])
        offset = np.arange(len(rows))[:, None] * len(labels)
        copies = np.bincount((rows + offset).ravel(), minlength=len(rows) * len(labels))
        weights = copies.reshape(len(rows), len(labels))[:, member].astype(np.float64)
        return statistic(weights).reshape(-1, *drawn.shape[:-1])

    found = stats.bootstrap(
        (np.arange(len(labels)),),
        of_drawn,
        n_resamples=resamples,
        batch=BATCH,
        vectorized=True,
        confidence_level=level,
        method="percentile",
        rng=rng,
    )
    ends = found.confidence_interval
    return np.asarray(ends.low), np.asarray(ends.high), np.asarray(found.bootstrap_distribution)


def check_ranking(scores: np.ndarray, quality: np.ndarray, groups: np.ndarray) -> None:
    """Raise InputError where lengths differ or a value is not finite; scores are (..., architectures)."""
    if not scores.shape[-1:] == quality.shape == groups.shape:
        raise InputError(
            f"expected scores, quality and groups of one length, "
            f"found {scores.shape}, {quality.shape} and {groups.shape}"
        )
    if not (np.isfinite(scores).all() and np.isfinite(quality).all()):
        raise InputError("expected finite scores and quality, found NaN or infinity")


def intervals(
    scores: np.ndarray,
    quality: np.ndarray,
    groups: np.ndarray,
    rng: np.random.Generator,
    *,
    resamples: int = 1000,
    level: float = 0.95,
) -> Intervals:
    """Percentile bootstrap intervals (Efron 1979), resampling groups of duplicate architectures.

    A pair of two copies of one architecture, which only the resampling made, is left out of the count of tau-a, and
    tau-b takes it out as it does every tie. A resample in which one side is constant counts as no correlation.

    Args:
        scores: (architectures,), finite.
        quality: (architectures,), finite.
        groups: (architectures,) int; duplicates share a label and are drawn together.
        rng: Source of randomness.
        resamples: Bootstrap resamples, at least 100.
        level: Confidence level, in (0, 1).

    Raises:
        InputError: The lengths differ, a value is not finite, or there are fewer than two groups.
    """
    check_ranking(scores, quality, groups)
    of_scores, of_quality = order(scores), order(quality)
    agreement = of_scores * of_quality

    def statistic(weights: Floats) -> Floats:
        net = quadratic(weights, agreement)
        free = [quadratic(weights, np.abs(side)) for side in (of_scores, of_quality)]
        # twice the distance of each mid-rank from the mean rank
        x, y = weights @ of_scores.T, weights @ of_quality.T
        spread = (weights * x * x).sum(-1) * (weights * y * y).sum(-1)
        return np.stack(
            [
                ratio(net, weighted_pairs(weights)),
                ratio(net, np.sqrt(free[0] * free[1])),
                ratio((weights * x * y).sum(-1), np.sqrt(spread)),
            ]
        )

    low, high, _ = bootstrap_groups(statistic, groups, rng, resamples, level)
    return Intervals(*((float(a), float(b)) for a, b in zip(low, high, strict=True)))


def tau_a_interval(
    scores: np.ndarray,
    quality: np.ndarray,
    groups: np.ndarray,
    rng: np.random.Generator,
    *,
    resamples: int = 1000,
    level: float = 0.95,
) -> Interval:
    """The interval of tau-a alone, as :func:`intervals` has it with the same ``rng``: the lower and upper end.

    Args:
        scores: (architectures,), finite.
        quality: (architectures,), finite.
        groups: (architectures,) int; duplicates share a label and are drawn together.
        rng: Source of randomness.
        resamples: Bootstrap resamples, at least 100.
        level: Confidence level, in (0, 1).

    Raises:
        InputError: As :func:`intervals`.
    """
    check_ranking(scores, quality, groups)
    agreement = order(scores) * order(quality)
    low, high, _ = bootstrap_groups(
        lambda weights: ratio(quadratic(weights, agreement), weighted_pairs(weights))[None],
        groups,
        rng,
        resamples,
        level,
    )
    return float(low[0]), float(high[0])
