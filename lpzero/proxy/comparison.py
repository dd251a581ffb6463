"""Compare proxies on one table: paired differences, at matched size as well, and over several initialisations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from lpzero.engines import Engine
from lpzero.errors import InputError
from lpzero.fitness import judge
from lpzero.fitness.compare import Comparison, compare, holm
from lpzero.fitness.figures import DifferenceFigures, rounded
from lpzero.fitness.ranking import MeasuredArchitectures, difference_figures
from lpzero.fitness.strata import enough
from lpzero.operands.probe import Probe
from lpzero.proxy.proxy import Proxy
from lpzero.proxy.rank import Ranked, RankResult, RankRow
from lpzero.proxy.spread import draw_scores, probes, spread_figures
from lpzero.proxy.yardstick import Yardstick
from lpzero.result import Result
from lpzero.seeds import derived_seed


class DrawnDifference(Result):
    """The difference of tau-a of two proxies over several draws of weights and tokens.

    Attributes:
        mean: Over the draws.
        deviation: Standard deviation between draws.
        each: One a draw, that of the seed first.
    """

    mean: float
    deviation: float
    each: list[float]


class PairRow(Result):
    """Two proxies compared: the first one less the second one; p-values corrected for all pairs of the result.

    Attributes:
        first, second: Their names.
        overall: Over all pairs of architectures.
        matched_size: Over the pairs of about the same size.
        drawn: Over several initialisations; None where one was asked for, or a draw gives no scores.
    """

    first: str
    second: str
    overall: DifferenceFigures
    matched_size: DifferenceFigures
    drawn: DrawnDifference | None = None


class CompareResult(RankResult):
    """Proxies compared on one table: how each ranks it, as of :class:`lpzero.proxy.rank.RankResult`, and every pair.

    Attributes:
        matched_pairs: Pairs of architectures whose sizes match.
        initialisations: Draws of weights and tokens.
        pairs: Every pair of proxies that rank.
    """

    matched_pairs: int
    initialisations: int
    pairs: list[PairRow]


def check_comparable(proxies: Sequence[Proxy], measured: MeasuredArchitectures, table: str) -> None:
    """Raise InputError where there is nothing to compare: one proxy, one twice, or no two architectures of one size."""
    if len(proxies) < 2:
        raise InputError(f"expected at least two proxies to compare, found {len(proxies)}: lpzero rank ranks one")
    names = [proxy.name for proxy in proxies]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"expected different proxies to compare, found {twice} twice")
    if not enough(measured.matched, measured.groups):
        raise InputError(
            f"{table}: hardly any two of its {len(measured.quality)} architectures differ by a factor of at most "
            f"{measured.within:g} in size: give a larger `matched`, or lpzero rank"
        )


def compare_ranked(ranked: Sequence[Ranked], measured: MeasuredArchitectures, seed: int) -> list[PairRow]:
    """Compare every pair of proxies.

    Args:
        ranked: The proxies, two of which rank or more.
        measured: The architectures.
        seed: Seed of bootstrap and swaps.

    Raises:
        InputError: Fewer than two rank.
    """
    there = [(one.row.proxy, one.scores) for one in ranked if one.scores is not None]
    if len(there) < 2:
        reasons = "; ".join(f"{one.row.proxy}: {one.row.status}: {one.row.reason}" for one in ranked if one.row.reason)
        raise InputError(f"expected at least two proxies that rank these architectures, found {len(there)}: {reasons}")
    pairs = list(combinations(range(len(there)), 2))

    def every(*, matched: bool) -> list[Comparison]:
        found = []
        for i, j in pairs:
            rng = np.random.default_rng(derived_seed(seed, "comparison", str(i), str(j)))
            first, second = (np.asarray(there[k][1]) for k in (i, j))
            counted = measured.matched if matched else None
            found += compare(first, second[None], measured.quality, measured.groups, rng, pairs=counted)
        corrected = holm(np.array([one.p for one in found]))
        return [replace(one, p_holm=float(p)) for one, p in zip(found, corrected, strict=True)]

    return [
        PairRow(
            first=there[i][0],
            second=there[j][0],
            overall=difference_figures(overall),
            matched_size=difference_figures(close),
            drawn=None,
        )
        for (i, j), overall, close in zip(pairs, every(matched=False), every(matched=True), strict=True)
    ]


def over_draws(
    by: Yardstick,
    proxies: Sequence[Proxy],
    ranked: Sequence[Ranked],
    pairs: Sequence[PairRow],
    probe: Probe,
    *,
    initialisations: int,
    engine: Engine,
    progress: Callable[[int, int], None],
) -> tuple[list[RankRow], list[PairRow]]:
    """The rows of proxies with the spread of their scores, and pairs with that of their difference.

    Args:
        by: What they are judged by.
        proxies: The proxies.
        ranked: How they rank with the first draw, in the same order.
        pairs: How they compare with it.
        probe: The first draw.
        initialisations: How many draws, 2 or more.
        engine: Where the work runs; the result does not depend on it.
        progress: Called with (architectures done, architectures to do).
    """
    architectures = [by.table.records[i].architecture for i in by.parts.tested]
    quality = by.measured.quality
    other = probes(probe, initialisations)[1:]
    more = draw_scores(by.space, architectures, proxies, other, engine=engine, progress=progress)
    nothing = np.full(len(architectures), np.nan)
    first = np.array([nothing if one.scores is None else one.scores for one in ranked])
    drawn = np.concatenate([first[None], more])
    of = {proxy.name: drawn[:, i] for i, proxy in enumerate(proxies)}
    rows = [one.row.model_copy(update={"spread": spread_figures(of[one.row.proxy])}) for one in ranked]
    return rows, [
        pair.model_copy(update={"drawn": _drawn_difference(of[pair.first], of[pair.second], quality)}) for pair in pairs
    ]


def _drawn_difference(first: np.ndarray, second: np.ndarray, quality: np.ndarray) -> DrawnDifference | None:
    """Of scores (draws, architectures)."""
    taus = [[judge(scores, quality).correlation for scores in one] for one in (first, second)]
    each = [a.tau_a - b.tau_a for a, b in zip(*taus, strict=True) if a is not None and b is not None]
    if len(each) < len(first):
        return None
    return DrawnDifference(
        mean=rounded(float(np.mean(each))),
        deviation=rounded(float(np.std(each, ddof=1))),
        each=[rounded(one) for one in each],
    )
