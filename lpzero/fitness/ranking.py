"""Every figure of one ranking as a plain document: correlations, intervals, strata, the top, and regret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lpzero.errors import InputError
from lpzero.fitness.compare import Comparison
from lpzero.fitness.correlation import Correlation
from lpzero.fitness.regret import pick_percentile, regret, top_decile
from lpzero.fitness.resample import intervals
from lpzero.fitness.strata import Stratified, matched, within

TRAINED = (1, 5, 10)
"""How many of the highest scores one would train, for the regret."""

CORRELATIONS = ("tau_b", "tau_a", "rho", "distinct")

FIGURES = (
    *CORRELATIONS,
    *("interval", "rho_interval", "within_depth", "matched_size", "top_decile", "regret", "pick_percentile"),
)
"""The keys of a ranking's document, in their order; each is null where there is no correlation."""


@dataclass(frozen=True)
class MeasuredArchitectures:
    """What the scores of some architectures are compared with.

    Attributes:
        quality: (architectures,), finite, higher is better.
        groups: (architectures,) int, equal models share a label.
        depth: (architectures,) int, number of blocks.
        params: (architectures,) int, all parameters, above 0.
    """

    quality: np.ndarray
    groups: np.ndarray
    depth: np.ndarray
    params: np.ndarray

    def __post_init__(self) -> None:
        """Check that all have one length, or raise InputError."""
        shapes = [values.shape for values in (self.quality, self.groups, self.depth, self.params)]
        if len(set(shapes)) > 1:
            raise InputError(f"expected quality, groups, depth and params of one length, found {shapes}")

    def part(self, indices: Sequence[int]) -> MeasuredArchitectures:
        """Some of the architectures, in the order of the indices."""
        chosen = list(indices)
        return MeasuredArchitectures(self.quality[chosen], self.groups[chosen], self.depth[chosen], self.params[chosen])


def _rounded(value: float) -> float:
    return round(value, 6)


def _pair(interval: tuple[float, float]) -> list[float]:
    return [_rounded(end) for end in interval]


def correlation_figures(correlation: Correlation) -> dict[str, float]:
    """The four figures of a correlation, rounded to 6 decimals."""
    return {name: _rounded(getattr(correlation, name)) for name in CORRELATIONS}


def ranking_figures(
    scores: np.ndarray, measured: MeasuredArchitectures, correlation: Correlation, rng: np.random.Generator
) -> dict[str, Any]:
    """Every figure of a ranking.

    Args:
        scores: (architectures,), finite, higher is better, at least two distinct values.
        measured: What they are compared with.
        correlation: Of the scores with the quality.
        rng: Source of randomness of the bootstrap.

    Returns:
        The keys of ``FIGURES``. ``interval`` and ``rho_interval`` are 95 % bootstrap intervals of tau-a and rho over
        groups of equal models; ``within_depth`` and ``matched_size`` are ``{"tau_a", "pairs"}``, tau-a null without
        pairs; ``top_decile`` is ``{"n", "tau_a", "precision"}``; ``regret`` has ``{"quality", "share"}`` for the
        highest 1, 5 and 10 scores; ``pick_percentile`` is from 0 to 100. Numbers are rounded to 6 decimals.

    Raises:
        InputError: Fewer than two groups, or lengths differ.
    """
    quality = measured.quality
    found, top = intervals(scores, quality, measured.groups, rng), top_decile(scores, quality)
    losses = {str(k): regret(scores, quality, k) for k in TRAINED}
    return {
        **correlation_figures(correlation),
        "interval": _pair(found.tau_a),
        "rho_interval": _pair(found.rho),
        "within_depth": _stratified(within(scores, quality, measured.depth)),
        "matched_size": _stratified(matched(scores, quality, measured.params)),
        "top_decile": {"n": top.n, "tau_a": _rounded(top.tau_a), "precision": _rounded(top.precision)},
        "regret": {k: {"quality": _rounded(r.quality), "share": _rounded(r.share)} for k, r in losses.items()},
        "pick_percentile": _rounded(pick_percentile(scores, quality)),
    }


def _stratified(stratified: Stratified | None) -> dict[str, Any]:
    return (
        {"tau_a": None, "pairs": 0}
        if stratified is None
        else {"tau_a": _rounded(stratified.tau_a), "pairs": stratified.pairs}
    )


def comparison_figures(comparison: Comparison | None) -> dict[str, Any]:
    """A comparison with a baseline, rounded to 6 decimals; None, without a ranking to compare with, is all nulls."""
    if comparison is None:
        return dict.fromkeys(("difference", "interval", "p", "p_swap", "p_holm"))
    return {
        "difference": _rounded(comparison.difference),
        "interval": _pair(comparison.interval),
        "p": _rounded(comparison.p),
        "p_swap": _rounded(comparison.p_swap),
        "p_holm": _rounded(comparison.p_holm),
    }
