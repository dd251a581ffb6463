"""What the search maximises on the search split: tau-a, or how low it falls when other architectures are drawn.

A formula that fits fifty architectures by chance does so on some of them; one that ranks them for a reason ranks
most samples of them. ``stable`` is a lower quantile of tau-a over bootstrap resamples of the search split, drawn once
from the run's seed: the same resamples for every formula. A resample is a vector of counts, so that tau-a on all of
them is one matrix product with the signs of all pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lpzero.errors import InputError
from lpzero.fitness.strata import Pairs


@dataclass(frozen=True)
class Resamples:
    """Bootstrap resamples of some architectures.

    Attributes:
        counts: (pairs, resamples) float32: the sign of a pair's difference in quality, times how often the resample
            holds the pair. Whole numbers, which no order of adding them up rounds.
        totals: (resamples,) float32, the pairs of each; two copies of one architecture are none.
        left, right: (pairs,) int64, the architectures of each pair.
    """

    counts: Tensor
    totals: Tensor
    left: Tensor
    right: Tensor

    def tau_a(self, scores: Tensor) -> Tensor:
        """Tau-a on every resample.

        Args:
            scores: (candidates, architectures), finite.

        Returns:
            (candidates, resamples) float32, in [-1, 1].
        """
        signs = (scores[:, self.left] - scores[:, self.right]).sign_().to(self.counts.dtype)
        return signs @ self.counts / self.totals


def draw_resamples(
    quality: np.ndarray,
    groups: np.ndarray,
    number: int,
    rng: np.random.Generator,
    device: str = "cpu",
    counted: Pairs | None = None,
) -> Resamples:
    """Draw bootstrap resamples: groups of duplicate architectures, with replacement.

    Args:
        quality: (architectures,), higher is better.
        groups: (architectures,) int; duplicates share a label and are drawn together.
        number: Resamples, at least 1. One in which no pair of different models counts is drawn again.
        rng: Source of randomness.
        device: Where scores will lie.
        counted: (architectures, architectures) bool, the pairs that tau-a is over; None for all.

    Raises:
        InputError: No pair of different models counts.
    """
    labels, member = np.unique(groups, return_inverse=True)
    n = len(labels)
    counts = rng.multinomial(n, np.full(n, 1 / n), size=number)
    left, right = np.triu_indices(len(quality), k=1)
    if counted is not None:
        left, right = left[counted[left, right]], right[counted[left, right]]
    apart = member[left] != member[right]
    if not apart.any():
        raise InputError("expected a pair of different models that counts, found none: draw a larger split")

    def alone() -> np.ndarray:
        pairs = counts[:, member[left[apart]]] * counts[:, member[right[apart]]]
        found: np.ndarray = pairs.sum(1) == 0
        return found

    while (without := alone()).any():
        counts[without] = rng.multinomial(n, np.full(n, 1 / n), size=int(without.sum()))
    copies = counts[:, member]
    pairs = copies[:, left] * copies[:, right]
    counts = pairs * np.sign(quality[left] - quality[right])
    return Resamples(
        torch.from_numpy(counts.T.astype(np.float32)).contiguous().to(device),
        torch.from_numpy(pairs.sum(1).astype(np.float32)).to(device),
        torch.from_numpy(left).to(device),
        torch.from_numpy(right).to(device),
    )


def lower_quantile(taus: Tensor, quantile: float) -> Tensor:
    """The largest value that at least a share ``1 - quantile`` of the resamples reaches.

    Args:
        taus: (candidates, resamples).
        quantile: In (0, 1).

    Returns:
        (candidates,).

    >>> lower_quantile(torch.tensor([[0.4, 0.1, 0.3, 0.2]]), 0.25)
    tensor([0.2000])
    """
    place = min(taus.shape[1] - 1, int(quantile * taus.shape[1]))
    return taus.sort(1).values[:, place]
