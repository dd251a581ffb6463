"""The noise of training, and the rank correlation that no proxy can pass because of it."""

from __future__ import annotations

import math

import numpy as np

from lpzero.errors import InputError
from lpzero.fitness.correlation import net_pairs

DRAWS = 1000


def noise_deviation(quality: np.ndarray, groups: np.ndarray) -> float | None:
    """The standard deviation between trainings of one architecture, pooled over the architectures.

    Args:
        quality: (trainings,), finite.
        groups: (trainings,) int; trainings of one architecture share a label.

    Returns:
        The root of the summed squared distances from the groups' means over the degrees of freedom; None where
        no architecture was trained twice.
    """
    squares, freedom = 0.0, 0
    for label in np.unique(groups):
        members = quality[groups == label]
        squares += float(((members - members.mean()) ** 2).sum())
        freedom += len(members) - 1
    return math.sqrt(squares / freedom) if freedom else None


def tau_ceiling(quality: np.ndarray, deviation: float, rng: np.random.Generator) -> float:
    """The mean tau-a between true qualities and qualities measured once: what a perfect proxy is expected to reach.

    The true qualities are not known: the measured ones, drawn towards their mean until their variance is what
    it would be without noise, stand for them. The noise is normal and the same for every architecture.

    Args:
        quality: (architectures,), measured once each, at least two.
        deviation: Standard deviation of the noise, at least 0.
        rng: Source of randomness.

    Raises:
        InputError: Fewer than two architectures, or noise at least as large as the spread of the qualities.
    """
    variance = float(quality.var(ddof=1)) if len(quality) > 1 else 0.0
    if deviation < 0 or variance <= deviation**2:
        raise InputError(
            f"expected qualities that spread more than the noise of {deviation:.3g}, "
            f"found a standard deviation of {math.sqrt(variance):.3g}"
        )
    true = quality.mean() + (quality - quality.mean()) * math.sqrt(1 - deviation**2 / variance)
    pairs = len(quality) * (len(quality) - 1) / 2
    measured = true + rng.normal(0.0, deviation, size=(DRAWS, len(quality)))
    return float(np.mean([net_pairs(true, drawn) for drawn in measured])) / pairs
