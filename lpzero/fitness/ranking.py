"""Work out every figure of one ranking: correlations, intervals, strata, the top, and regret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from lpzero.errors import InputError
from lpzero.fitness.compare import Comparison
from lpzero.fitness.correlation import Correlation
from lpzero.fitness.figures import (
    ComparisonFigures,
    RankingFigures,
    RegretFigures,
    StratumFigures,
    TopFigures,
    of_correlation,
    rounded,
)
from lpzero.fitness.regret import pick_percentile, regret, top_decile
from lpzero.fitness.resample import intervals
from lpzero.fitness.strata import Stratified, matched, within

Ranking = TypeVar("Ranking", bound=RankingFigures)
TRAINED = (1, 5, 10)
"""How many of the highest scores one would train, for the regret."""


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


def _pair(interval: tuple[float, float]) -> list[float]:
    return [rounded(end) for end in interval]


def ranking_figures(
    kind: type[Ranking],
    scores: np.ndarray,
    measured: MeasuredArchitectures,
    correlation: Correlation,
    rng: np.random.Generator,
    **others: object,
) -> Ranking:
    """Every figure of a ranking.

    Args:
        kind: Which figures: those of :class:`.RankingFigures`, and perhaps others.
        scores: (architectures,), finite, higher is better, at least two distinct values.
        measured: What they are compared with.
        correlation: Of the scores with the quality.
        rng: Source of randomness of the bootstrap.
        others: The other figures of that kind.

    Raises:
        InputError: Fewer than two groups, or lengths differ.
    """
    quality = measured.quality
    found, top = intervals(scores, quality, measured.groups, rng), top_decile(scores, quality)
    losses = {str(k): regret(scores, quality, k) for k in TRAINED}
    return of_correlation(
        kind,
        correlation,
        interval=_pair(found.tau_a),
        rho_interval=_pair(found.rho),
        within_depth=_stratified(within(scores, quality, measured.depth)),
        matched_size=_stratified(matched(scores, quality, measured.params)),
        top_decile=TopFigures(n=top.n, tau_a=rounded(top.tau_a), precision=rounded(top.precision)),
        regret={k: RegretFigures(quality=rounded(r.quality), share=rounded(r.share)) for k, r in losses.items()},
        pick_percentile=rounded(pick_percentile(scores, quality)),
        **others,
    )


def _stratified(stratified: Stratified | None) -> StratumFigures:
    if stratified is None:
        return StratumFigures(tau_a=None, pairs=0)
    return StratumFigures(tau_a=rounded(stratified.tau_a), pairs=stratified.pairs)


def comparison_figures(comparison: Comparison | None) -> ComparisonFigures:
    """A comparison with a baseline; nothing but None without a ranking to compare with."""
    if comparison is None:
        return ComparisonFigures(difference=None, interval=None, p=None, p_swap=None, p_holm=None)
    return ComparisonFigures(
        difference=rounded(comparison.difference),
        interval=_pair(comparison.interval),
        p=rounded(comparison.p),
        p_swap=rounded(comparison.p_swap),
        p_holm=rounded(comparison.p_holm),
    )
