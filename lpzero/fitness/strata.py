"""Rank correlation among comparable architectures: pairs of one depth, of one width, or of about the same size.

A proxy that only counts layers or parameters ranks a table well and says nothing of architectures that cost the
same. Tau-a over the comparable pairs alone asks for the rest.

Its bootstrap resamples what each architecture contributes, the first-order (Hájek) projection of this ratio of two
U-statistics. Weighing pairs by the copies of both members, as :mod:`lpzero.fitness.resample` does over all pairs,
counts the noise of a pair three times, which shows where few pairs count (``tests/fitness/test_coverage.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from lpzero.errors import InputError
from lpzero.fitness.resample import BATCH, Floats, Interval, check_ranking, order

RATIO = 1.25
"""Two sizes count as the same where the larger one is at most so many times the smaller one."""
CLOSER = (1.1, 1.05)
"""Likewise, where sizes shall be closer still."""
FEWEST = 10
"""The fewest different models that must have a partner for an interval: with fewer its coverage is not known."""

Pairs = npt.NDArray[np.bool_]
"""(architectures, architectures), symmetric: which pairs count."""


@dataclass(frozen=True)
class Stratified:
    """Kendall's tau-a over some of the pairs.

    Attributes:
        tau_a: Concordant less discordant pairs over all counted pairs, in [-1, 1]; a tie earns nothing.
        pairs: Counted pairs, at least 1.
        interval: Percentile bootstrap interval of tau-a; None where hardly any model has a partner.
    """

    tau_a: float
    pairs: int
    interval: Interval | None


def equal(labels: np.ndarray) -> Pairs:
    """The pairs inside strata.

    Args:
        labels: (architectures,), the stratum of each, such as its depth.

    >>> equal(np.array([2, 2, 4])).astype(int).tolist()
    [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    """
    found: Pairs = labels[:, None] == labels
    np.fill_diagonal(found, val=False)
    return found


def matched(sizes: np.ndarray, within: float = RATIO) -> Pairs:
    """The pairs of about the same size.

    Args:
        sizes: (architectures,), at least 0, such as the number of parameters outside the embeddings.
        within: The larger size of a pair is at most so many times the smaller one, at least 1.

    Raises:
        InputError: A size is below 0 or not finite, or the ratio is below 1.

    >>> matched(np.array([100, 120, 200])).astype(int).tolist()
    [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    """
    if not (np.isfinite(within) and within >= 1):
        raise InputError(f"`matched`: expected a ratio of sizes of at least 1, such as {RATIO}, found {within}")
    if not (np.isfinite(sizes).all() and (sizes >= 0).all()):
        raise InputError("expected sizes of at least 0, found a negative one, NaN or infinity")
    found: Pairs = np.maximum(sizes[:, None], sizes) <= within * np.minimum(sizes[:, None], sizes)
    np.fill_diagonal(found, val=False)
    return found


def counted_pairs(kind: Literal["all", "matched", "width"], sizes: np.ndarray) -> Pairs | None:
    """The pairs that formulas are ranked by; None for all of them.

    Args:
        kind: All, those of matched size, or those of equal width.
        sizes: (architectures,): the parameters outside the embeddings, or the widths; nothing where all count.
    """
    if kind == "all":
        return None
    return matched(sizes) if kind == "matched" else equal(sizes)


@dataclass(frozen=True)
class Resampled:
    """A mean over pairs, and what resampling the architectures makes of it.

    Attributes:
        value: The mean.
        interval: Percentile bootstrap interval.
        drawn: (resamples,), its values.
    """

    value: float
    interval: Interval
    drawn: Floats


def enough(pairs: Pairs, groups: np.ndarray) -> bool:
    """Whether enough different models have a partner for a bootstrap to tell anything."""
    return len(np.unique(groups[pairs.any(axis=0)])) >= FEWEST


def mean_over(pairs: Pairs, form: Floats) -> float:
    """The mean of a symmetric form (architectures, architectures) over the pairs that count, of which there is one."""
    return float(form[pairs].sum() / pairs.sum())


def resampled_mean(
    form: Floats, pairs: Pairs, groups: np.ndarray, rng: np.random.Generator, resamples: int, level: float
) -> Resampled:
    """The mean of a form over the pairs that count, its projection on groups of duplicates resampled.

    Args:
        form: (architectures, architectures), symmetric.
        pairs: (architectures, architectures), which count.
        groups: (architectures,) int; duplicates share a label and are drawn together.
        rng: Source of randomness.
        resamples: Bootstrap resamples, at least 100.
        level: Confidence level, in (0, 1).
    """
    value = mean_over(pairs, form)
    member = np.unique(groups, return_inverse=True)[1]
    own = np.bincount(member, weights=np.where(pairs, form - value, 0.0).sum(axis=1))
    shares = value + own * len(own) / (pairs.sum() / 2)
    found = stats.bootstrap(
        (shares,),
        np.mean,
        n_resamples=resamples,
        batch=BATCH,
        vectorized=True,
        confidence_level=level,
        method="percentile",
        rng=rng,
    )
    low, high = found.confidence_interval
    return Resampled(value, (float(low), float(high)), np.asarray(found.bootstrap_distribution))


def stratified(
    scores: np.ndarray,
    quality: np.ndarray,
    groups: np.ndarray,
    pairs: Pairs,
    rng: np.random.Generator,
    *,
    resamples: int = 1000,
    level: float = 0.95,
) -> Stratified | None:
    """Tau-a over the pairs that count, with its interval over groups of duplicate architectures.

    Args:
        scores: (architectures,), finite, higher is better.
        quality: (architectures,), finite, higher is better.
        groups: (architectures,) int; duplicates share a label and are drawn together.
        pairs: (architectures, architectures), which count; of :func:`equal` or :func:`matched`.
        rng: Source of randomness.
        resamples: Bootstrap resamples, at least 100.
        level: Confidence level, in (0, 1).

    Returns:
        None where no pair counts.

    Raises:
        InputError: The lengths differ or a value is not finite.

    >>> x, y = np.array([1.0, 2.0, 9.0, 8.0]), np.array([1.0, 2.0, 3.0, 4.0])
    >>> stratified(x, y, np.arange(4), equal(np.array([2, 2, 4, 4])), np.random.default_rng(0))
    Stratified(tau_a=0.0, pairs=2, interval=None)
    """
    check_ranking(scores, quality, groups)
    if pairs.shape != (len(scores), len(scores)):
        raise InputError(f"expected pairs of {len(scores)} architectures, found {pairs.shape}")
    if not pairs.any():
        return None
    agreement, number = order(scores) * order(quality), int(pairs.sum()) // 2
    if not enough(pairs, groups):
        return Stratified(mean_over(pairs, agreement), number, None)
    found = resampled_mean(agreement, pairs, groups, rng, resamples, level)
    low, high = found.interval
    return Stratified(found.value, number, (max(-1.0, low), min(1.0, high)))
