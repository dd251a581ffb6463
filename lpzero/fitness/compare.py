"""Whether scores rank better than a baseline: paired bootstrap, swapping test, and Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from lpzero.errors import InputError
from lpzero.fitness.resample import (
    BATCH,
    Floats,
    Interval,
    bootstrap_groups,
    check_ranking,
    order,
    quadratic,
    ratio,
    weighted_pairs,
)
from lpzero.fitness.strata import Pairs, equal, mean_over, resampled_mean

POWER, SIZE = 0.8, 0.05
"""How surely a difference is found that counts as detectable, by a two-sided test of which size."""


@dataclass(frozen=True)
class Comparison:
    """Whether some scores rank better than a baseline, on the same architectures.

    Attributes:
        difference: Tau-a of the scores less tau-a of the baseline, in [-2, 2].
        interval: Percentile bootstrap interval of the difference.
        p: Two-sided p-value of no difference, from the same bootstrap, in (0, 1].
        p_swap: Two-sided p-value of exchangeable rankings, from swapping the two at random, in (0, 1].
        p_holm: ``p`` corrected for the number of baselines (Holm 1979), in (0, 1].
        detectable: The smallest true difference that a test at the 5 % level finds with a probability of .8, from the
            spread of the resamples.
    """

    difference: float
    interval: Interval
    p: float
    p_swap: float
    p_holm: float
    detectable: float


def compare(
    scores: np.ndarray,
    baselines: np.ndarray,
    quality: np.ndarray,
    groups: np.ndarray,
    rng: np.random.Generator,
    *,
    pairs: Pairs | None = None,
    resamples: int = 2000,
    level: float = 0.95,
) -> list[Comparison]:
    """Compare scores with baselines by tau-a: paired bootstrap and swapping test, groups of duplicates together.

    The bootstrap draws the same architectures for all of them; its p-value is twice the smaller share of resamples
    on one side of 0, the observed one counted in. The swapping test exchanges the ranks that the scores and the
    baseline give a group of duplicates, for a random half of the groups.

    Args:
        scores: (architectures,), finite, higher is better.
        baselines: (baselines, architectures), likewise.
        quality: (architectures,), finite, higher is better.
        groups: (architectures,) int; duplicates share a label.
        rng: Source of randomness.
        pairs: (architectures, architectures), the pairs that count; None for all.
        resamples: Bootstrap resamples and random swaps, at least 100; no p-value is below 2 / (resamples + 1), but
            where the groups are so few that every swap can be tried.
        level: Confidence level, in (0, 1).

    Returns:
        One comparison a baseline, in their order.

    Raises:
        InputError: As :func:`lpzero.fitness.resample.intervals`, or no pair counts.
    """
    check_ranking(np.vstack([scores, baselines]), quality, groups)
    if not len(baselines):
        return []
    counted = equal(np.zeros(len(quality))) if pairs is None else pairs
    if not counted.any():
        raise InputError("expected pairs of architectures to compare on, found none that counts")
    forms = [order(quality) * (order(scores) - order(baseline)) for baseline in baselines]
    differences = [mean_over(counted, form) for form in forms]
    low, high, drawn = _resampled(forms, pairs, groups, rng, resamples, level)
    beyond = np.minimum((drawn <= 0).sum(-1), (drawn >= 0).sum(-1)) + 1
    p = np.minimum(1.0, 2 * beyond / (resamples + 1))
    seen_at = float(stats.norm.ppf(1 - SIZE / 2) + stats.norm.ppf(POWER))
    return [
        Comparison(
            difference=differences[i],
            interval=(float(low[i]), float(high[i])),
            p=float(p[i]),
            p_swap=_swapping(scores, baselines[i], quality, groups, counted, rng, resamples),
            p_holm=float(corrected),
            detectable=seen_at * float(drawn[i].std(ddof=1)),
        )
        for i, corrected in enumerate(holm(p))
    ]


def _resampled(
    forms: Sequence[Floats],
    pairs: Pairs | None,
    groups: np.ndarray,
    rng: np.random.Generator,
    resamples: int,
    level: float,
) -> tuple[Floats, Floats, Floats]:
    """The ends (forms,) of the intervals of the forms' means over pairs, and the means of all resamples."""
    if pairs is None:

        def statistic(weights: Floats) -> Floats:
            return np.stack([ratio(quadratic(weights, form), weighted_pairs(weights)) for form in forms])

        return bootstrap_groups(statistic, groups, rng, resamples, level)
    found = [resampled_mean(form, pairs, groups, rng, resamples, level) for form in forms]
    ends = np.array([one.interval for one in found])
    return ends[:, 0], ends[:, 1], np.stack([one.drawn for one in found])


@dataclass(frozen=True)
class Left:
    """What is left of a ranking.

    Attributes:
        share: Mean tau-a of the rankings that came of it, over its own tau-a.
        interval: Percentile bootstrap interval of it, the same architectures drawn for all.
    """

    share: float
    interval: Interval


def share_left(
    before: np.ndarray,
    after: np.ndarray,
    quality: np.ndarray,
    groups: np.ndarray,
    rng: np.random.Generator,
    *,
    resamples: int = 1000,
    level: float = 0.95,
) -> Left:
    """Which share of tau-a is left when something is done to the scores.

    Args:
        before: (architectures,) scores whose tau-a is not 0, finite.
        after: (rankings, architectures) scores that came of them, one ranking or more, finite.
        quality: (architectures,), finite.
        groups: (architectures,) int; duplicates share a label and are drawn together.
        rng: Source of randomness.
        resamples: Bootstrap resamples, at least 100.
        level: Confidence level, in (0, 1).

    Raises:
        InputError: As :func:`lpzero.fitness.resample.intervals`.
    """
    check_ranking(np.vstack([before, after]), quality, groups)
    own = order(quality) * order(before)
    others = order(quality) * np.mean([order(one) for one in after], axis=0)

    share = float(others.sum() / own.sum())

    def statistic(weights: Floats) -> Floats:
        ranked = quadratic(weights, own)
        # a resample in which nothing ranks says nothing of what is left
        found = np.full_like(ranked, share)
        return np.divide(quadratic(weights, others), ranked, out=found, where=ranked != 0)[None]

    low, high, _ = bootstrap_groups(statistic, groups, rng, resamples, level)
    return Left(share, (float(low[0]), float(high[0])))


def swap_effects(
    first: np.ndarray, second: np.ndarray, quality: np.ndarray, counted: np.ndarray | None = None
) -> Floats:
    """What each architecture contributes to the difference of two counts of net pairs, up to a sign.

    Swap the ranks of some architectures between two rankings: the first one's net pairs less the second one's are then
    the sum of these effects, those of the swapped architectures negated. For a pair of which both or neither are
    swapped the difference is D = q (sign(a - a') - sign(b - b')) or -D, for a pair of which one is swapped it is
    E = q (sign(a - b') - sign(b - a')) or -E, where a, b are the two ranks of an architecture and q is the order of
    the qualities: both are linear in the signs of the two.

    Args:
        first: (architectures,) scores, finite.
        second: (architectures,) scores, finite.
        quality: (architectures,), finite.
        counted: (architectures, architectures), 1 for a pair that counts and 0 for another; None where all count.

    Returns:
        (architectures,) effects, in pairs.
    """
    a, b = stats.rankdata(first), stats.rankdata(second)
    across = np.sign(a[:, None] - b) - np.sign(b[:, None] - a)
    whole = order(quality) * (order(a) - order(b) + across)
    return np.asarray((whole if counted is None else whole * counted).sum(1) / 2)


def _swapping(
    first: np.ndarray,
    second: np.ndarray,
    quality: np.ndarray,
    groups: np.ndarray,
    counted: np.ndarray,
    rng: np.random.Generator,
    swaps: int,
) -> float:
    """The p-value of scipy's test by random signs."""
    member = np.unique(groups, return_inverse=True)[1]
    effects = np.bincount(member, weights=swap_effects(first, second, quality, counted))
    if not effects.any():
        return 1.0
    found = stats.permutation_test(
        (effects,), np.sum, permutation_type="samples", vectorized=True, n_resamples=swaps, batch=BATCH, rng=rng
    )
    return float(found.pvalue)


def holm(p: np.ndarray) -> Floats:
    """Holm's step-down correction of p-values for their number (Holm 1979); it holds however they depend.

    Args:
        p: (tests,), in [0, 1].

    Returns:
        (tests,), in [0, 1], at least as large.

    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    ascending = np.argsort(p)
    corrected = np.empty(len(p))
    corrected[ascending] = np.minimum(1.0, np.maximum.accumulate(p[ascending] * np.arange(len(p), 0, -1)))
    return corrected
