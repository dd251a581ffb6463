"""Work out every figure of one ranking: correlations, intervals, strata, the top, and regret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from lpzero.errors import InputError
from lpzero.fitness.compare import Comparison, compare
from lpzero.fitness.correlation import Correlation
from lpzero.fitness.figures import (
    ComparisonFigures,
    DifferenceFigures,
    MatchedFigures,
    RankingFigures,
    RegretFigures,
    StratumFigures,
    TopFigures,
    of_correlation,
    rounded,
)
from lpzero.fitness.fitness import judge
from lpzero.fitness.regret import pick_percentile, regret, top_decile
from lpzero.fitness.resample import intervals
from lpzero.fitness.strata import CLOSER, RATIO, Pairs, Stratified, enough, equal, matched, stratified

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
        width: (architectures,) int, hidden width of the blocks.
        decoder_params: (architectures,) int, parameters outside the embeddings, at least 0.
        within: Two architectures are of about the same size where ``decoder_params`` differ by at most this factor.
    """

    quality: np.ndarray
    groups: np.ndarray
    depth: np.ndarray
    width: np.ndarray
    decoder_params: np.ndarray
    within: float = RATIO

    def __post_init__(self) -> None:
        """Check that all have one length and the factor is at least 1, or raise InputError."""
        shapes = {name: getattr(self, name).shape for name in _COLUMNS}
        if len(set(shapes.values())) > 1:
            raise InputError(f"expected {', '.join(_COLUMNS)} of one length, found {shapes}")
        # whoever asks for another factor is told before anything is scored
        matched(self.decoder_params[:0], self.within)

    def part(self, indices: Sequence[int]) -> MeasuredArchitectures:
        """Some of the architectures, in the order of the indices."""
        chosen = list(indices)
        return replace(self, **{name: getattr(self, name)[chosen] for name in _COLUMNS})

    @property
    def matched(self) -> Pairs:
        """The pairs of about the same size."""
        return matched(self.decoder_params, self.within)


_COLUMNS = ("quality", "groups", "depth", "width", "decoder_params")


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

    def among(pairs: Pairs) -> Stratified | None:
        return stratified(scores, quality, measured.groups, pairs, rng)

    closer = [within for within in CLOSER if within < measured.within]
    return of_correlation(
        kind,
        correlation,
        interval=_pair(found.tau_a),
        rho_interval=_pair(found.rho),
        within_depth=StratumFigures(**_stratum(among(equal(measured.depth)))),
        within_width=StratumFigures(**_stratum(among(equal(measured.width)))),
        matched_size=matched_figures(among(measured.matched), measured.within),
        matched_closer=[matched_figures(among(matched(measured.decoder_params, within)), within) for within in closer],
        top_decile=TopFigures(n=top.n, tau_a=rounded(top.tau_a), precision=rounded(top.precision)),
        regret={k: RegretFigures(quality=rounded(r.quality), share=rounded(r.share)) for k, r in losses.items()},
        pick_percentile=rounded(pick_percentile(scores, quality)),
        **others,
    )


def matched_figures(found: Stratified | None, within: float) -> MatchedFigures:
    """Tau-a over the pairs whose sizes differ by at most a factor, as results show it."""
    return MatchedFigures(within=within, **_stratum(found))


def _stratum(found: Stratified | None) -> dict[str, Any]:
    if found is None:
        return {"tau_a": None, "interval": None, "pairs": 0}
    interval = None if found.interval is None else _pair(found.interval)
    return {"tau_a": rounded(found.tau_a), "interval": interval, "pairs": found.pairs}


def difference_figures(comparison: Comparison) -> DifferenceFigures:
    """A comparison, as results show it."""
    return DifferenceFigures(**_difference(comparison))


def _difference(comparison: Comparison) -> dict[str, Any]:
    return {
        "difference": rounded(comparison.difference),
        "interval": _pair(comparison.interval),
        "p": rounded(comparison.p),
        "p_swap": rounded(comparison.p_swap),
        "p_holm": rounded(comparison.p_holm),
        "detectable": rounded(comparison.detectable),
    }


def comparisons(
    scores: np.ndarray, others: Sequence[np.ndarray], measured: MeasuredArchitectures, rng: np.random.Generator
) -> list[ComparisonFigures]:
    """Compare directed scores with others by tau-a, over all pairs and at matched size.

    Args:
        scores: (architectures,), finite, higher is better.
        others: Each (architectures,), higher is better; one that does not rank is not compared with.
        measured: The architectures.
        rng: Source of randomness of bootstrap and swaps.

    Returns:
        One for each of the others, corrected for their number; without figures for one that does not rank.
    """
    ranks = [judge(one, measured.quality).ok for one in others]
    rivals = np.array([one for one, ok in zip(others, ranks, strict=True) if ok]).reshape(-1, len(scores))
    pairs = measured.matched
    overall = compare(scores, rivals, measured.quality, measured.groups, rng)
    matching: Sequence[Comparison | None] = [None] * len(rivals)
    if enough(pairs, measured.groups):
        matching = compare(scores, rivals, measured.quality, measured.groups, rng, pairs=pairs)
    found = iter(
        ComparisonFigures(**_difference(one), matched_size=None if close is None else difference_figures(close))
        for one, close in zip(overall, matching, strict=True)
    )
    return [next(found) if ok else _nothing() for ok in ranks]


def _nothing() -> ComparisonFigures:
    nothing = dict.fromkeys(("difference", "interval", "p", "p_swap", "p_holm", "detectable", "matched_size"))
    return ComparisonFigures.model_validate(nothing)
