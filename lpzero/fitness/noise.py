"""The noise of training, and the rank correlation that no proxy can pass because of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from lpzero.errors import InputError

DRAWS = 1000
LEVEL = 0.95
AT_ONCE = 2**16
"""Qualities whose pairs are counted at a time: each takes 512 bytes."""


@dataclass(frozen=True)
class Noise:
    """How far the trainings of one model lie apart.

    Attributes:
        deviation: Standard deviation between trainings of one model, pooled over the models, in the quality's unit.
        interval: What the deviation lies in with 95 % confidence, where the noise is normal.
        repeated: Number of models that were trained more than once.
        freedom: Degrees of freedom of the deviation: trainings of the repeated models, less one a model.
        residuals: (trainings of repeated models,) distances from the model's mean, each scaled by the root of its
            trainings over one fewer: a sample of the noise itself, whatever its distribution.
        normality: P-value of the residuals under a normal distribution (Shapiro and Wilk 1965); small where it is none.
            None for fewer than 3 repeated models. Of two trainings of a model the first residual alone is counted,
            since the second is its negative.
    """

    deviation: float
    interval: tuple[float, float]
    repeated: int
    freedom: int
    residuals: np.ndarray
    normality: float | None


def measure_noise(quality: np.ndarray, groups: np.ndarray) -> Noise | None:
    """Measure the noise between trainings of one model.

    The deviation is the root of the summed squared distances from the groups' means over the degrees of freedom.
    Over the true variance that sum follows a chi-square distribution, which gives the interval.

    Args:
        quality: (trainings,), finite.
        groups: (trainings,) int or text; trainings of one model share a label.

    Returns:
        The noise; None where no model was trained twice.
    """
    labels, sizes = np.unique(groups, return_counts=True)
    freedom = int((sizes - 1).sum())
    if freedom == 0:
        return None
    members = [quality[groups == label] for label in labels[sizes > 1]]
    squares = math.fsum(float(((member - member.mean()) ** 2).sum()) for member in members)
    residuals = [(member - member.mean()) * math.sqrt(len(member) / (len(member) - 1)) for member in members]
    free = np.concatenate([part[:-1] for part in residuals])
    normality = float(stats.shapiro(free).pvalue) if len(free) > 2 and np.ptp(free) > 0 else None
    tail = (1 - LEVEL) / 2
    low, high = (math.sqrt(squares / float(stats.chi2.ppf(share, freedom))) for share in (1 - tail, tail))
    deviation = math.sqrt(squares / freedom)
    return Noise(deviation, (low, high), len(members), freedom, np.concatenate(residuals), normality)


def tau_ceiling(
    quality: np.ndarray, deviation: float, rng: np.random.Generator, residuals: np.ndarray | None = None
) -> float:
    """The mean tau-a between true qualities and qualities measured once: what a perfect proxy is expected to reach.

    The true qualities are not known: the measured ones, drawn towards their mean until their variance is what
    it would be without noise, stand for them. The noise is the same for every architecture.

    Args:
        quality: (architectures,), measured once each, at least two.
        deviation: Standard deviation of the noise, at least 0.
        rng: Source of randomness.
        residuals: (any number,) a sample whose shape the noise has: it is drawn from these, with either sign and
            scaled to the deviation. None for a normal distribution.

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
    measured = true + _drawn(deviation, residuals, rng, (DRAWS, len(quality)))
    return float(np.mean(_net_pairs(true, measured))) / pairs


def _net_pairs(true: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Concordant less discordant pairs of the true qualities with each row of measured ones: (draws,) int64."""
    import torch

    from lpzero.fitness.merge_sort import net_pairs_merged

    places = torch.from_numpy(np.unique(true, return_inverse=True)[1])
    ranks = torch.from_numpy(np.unique(measured, return_inverse=True)[1].reshape(measured.shape))
    some = max(1, AT_ONCE // len(true))
    parts = [net_pairs_merged(ranks[first : first + some], places) for first in range(0, len(ranks), some)]
    return np.concatenate([part.numpy() for part in parts])


def _drawn(
    deviation: float, residuals: np.ndarray | None, rng: np.random.Generator, shape: tuple[int, ...]
) -> np.ndarray:
    if residuals is None:
        return rng.normal(0.0, deviation, size=shape)
    spread = math.sqrt(float((residuals**2).mean()))
    scaled = residuals * (deviation / spread) if spread > 0 else residuals
    noise: np.ndarray = rng.choice(scaled, size=shape) * rng.choice([-1.0, 1.0], size=shape)
    return noise
