"""Rank correlation among comparable architectures: pairs of one depth, or pairs of about the same size.

A proxy that only counts layers or parameters ranks a table well and says nothing of architectures that cost the
same. Tau-a over the comparable pairs alone asks for the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lpzero.errors import InputError

TOLERANCE = 0.1
"""How far two sizes may differ to count as the same, as a share of the larger one."""


@dataclass(frozen=True)
class Stratified:
    """Kendall's tau-a over some of the pairs.

    Attributes:
        tau_a: Concordant less discordant pairs over all counted pairs, in [-1, 1]; a tie earns nothing.
        pairs: Counted pairs, at least 1.
    """

    tau_a: float
    pairs: int


def within(scores: np.ndarray, quality: np.ndarray, labels: np.ndarray) -> Stratified | None:
    """Tau-a over the pairs inside strata: the mean of the strata's tau-a, weighted by their pairs.

    Args:
        scores: (architectures,), finite.
        quality: (architectures,), finite, higher is better.
        labels: (architectures,), the stratum of each, such as the depth or a bin of the size.

    Returns:
        None where no two architectures share a stratum.

    Raises:
        InputError: The lengths differ or a value is not finite.

    >>> within(np.array([1.0, 2.0, 9.0, 8.0]), np.array([1.0, 2.0, 3.0, 4.0]), np.array([2, 2, 4, 4]))
    Stratified(tau_a=0.0, pairs=2)
    """
    return _over(scores, quality, labels, labels[:, None] == labels)


def matched(
    scores: np.ndarray, quality: np.ndarray, sizes: np.ndarray, tolerance: float = TOLERANCE
) -> Stratified | None:
    """Tau-a over the pairs whose sizes differ by less than a share of the larger one.

    Args:
        scores: (architectures,), finite.
        quality: (architectures,), finite, higher is better.
        sizes: (architectures,), above 0, such as the number of parameters.
        tolerance: The share, in (0, 1).

    Returns:
        None where no two architectures are of about the same size.

    Raises:
        InputError: The lengths differ, a value is not finite, a size is not above 0 or the tolerance not in (0, 1).

    >>> matched(np.array([1.0, 2.0, 3.0]), np.array([5.0, 6.0, 7.0]), np.array([100, 105, 200]))
    Stratified(tau_a=1.0, pairs=1)
    """
    if not 0 < tolerance < 1:
        raise InputError(f"expected a tolerance above 0 and below 1, found {tolerance}")
    if len(sizes) and not sizes.min() > 0:
        raise InputError(f"expected sizes above 0, found {sizes.min()}")
    larger = np.maximum(sizes[:, None], sizes)
    return _over(scores, quality, sizes, np.abs(sizes[:, None] - sizes) < tolerance * larger)


def _over(scores: np.ndarray, quality: np.ndarray, strata: np.ndarray, counted: np.ndarray) -> Stratified | None:
    if not scores.shape == quality.shape == strata.shape:
        raise InputError(
            f"expected scores, quality and strata of one length, "
            f"found {scores.shape}, {quality.shape} and {strata.shape}"
        )
    if not (np.isfinite(scores).all() and np.isfinite(quality).all()):
        raise InputError("expected finite scores and quality, found NaN or infinity")
    upper = np.triu(counted, 1)
    pairs = int(upper.sum())
    if pairs == 0:
        return None
    agreement = np.sign(scores[:, None] - scores) * np.sign(quality[:, None] - quality)
    return Stratified(float(agreement[upper].sum()) / pairs, pairs)
