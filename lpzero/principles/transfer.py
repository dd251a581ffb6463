"""What principles of one table are worth on another: what they keep, how good that is, what a search gains by them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lpzero.fitness.strata import enough, matched, mean_over, resampled_mean
from lpzero.principles.document import Principle
from lpzero.principles.language.binding import fits
from lpzero.principles.language.columns import Columns, Floats
from lpzero.principles.language.feature import declared
from lpzero.principles.language.holds import Mask
from lpzero.principles.replay import coded_choices, evolve_records
from lpzero.principles.result import DifferenceOfMeans, LeftBehind, ReplayFigures
from lpzero.progress import Watch, counting, unwatched
from lpzero.seeds import derived_seed
from lpzero.spaces.space import SearchSpace

MOST_PAIRED = 1500
"""Records whose pairs are compared; of more, so many are drawn."""
RESAMPLES = 1000
LEVEL = 0.95


def carried_over(principles: Sequence[Principle], space: SearchSpace) -> tuple[list[Principle], list[LeftBehind]]:
    """The hard principles that say something of a space, and those that do not.

    Args:
        principles: Of whatever space.
        space: The space that they are judged in.
    """
    features = declared(space)
    taken, left = [], []
    for one in principles:
        reason = "it is soft" if one.strength == "soft" else None
        if one.rule is None or one.status != "active":
            reason = f"it is {one.status}"
        elif reason is None:
            reason = fits(one.rule, features)
        if reason is None:
            taken.append(one)
        else:
            left.append(LeftBehind(id=one.id, reason=reason))
    return taken, left


def kept_less_dropped(
    oriented: Floats, kept: Mask, sizes: Floats | None, within: float, seed: int
) -> DifferenceOfMeans | None:
    """The mean difference over pairs of a kept and a dropped record.

    Args:
        oriented: (records,), higher is better.
        kept: (records,), what the rules hold of.
        sizes: (records,), parameters outside the embeddings, for pairs of about the same size; None for all pairs.
        within: The larger size of a pair is at most so many times the smaller one.
        seed: Seed of the resamples.

    Returns:
        None where there is no such pair.
    """
    rng = np.random.default_rng(derived_seed(seed, "principles", "difference"))
    if len(oriented) > MOST_PAIRED:
        drawn = rng.choice(len(oriented), MOST_PAIRED, replace=False)
        oriented, kept, sizes = oriented[drawn], kept[drawn], None if sizes is None else sizes[drawn]
    pairs = kept[:, None] != kept
    if sizes is not None:
        pairs &= matched(sizes, within)
    if not pairs.any():
        return None
    side = np.where(kept, 1.0, -1.0)
    # symmetric: the kept one less the dropped one, whichever comes first
    form = (oriented[:, None] - oriented) * side[:, None]
    groups, number = np.arange(len(kept)), int(pairs.sum()) // 2
    if not enough(pairs, groups):
        return DifferenceOfMeans(difference=mean_over(pairs, form), interval=None, pairs=number)
    found = resampled_mean(form, pairs, groups, rng, RESAMPLES, LEVEL)
    return DifferenceOfMeans(difference=found.value, interval=list(found.interval), pairs=number)


def replayed(
    columns: Columns, oriented: Floats, kept: Mask, trials: int, seeds: int, seed: int, watch: Watch = unwatched
) -> ReplayFigures | None:
    """Searches inside the rules and on the whole table, of the same seeds; None where nothing is kept.

    Args:
        columns: The records.
        oriented: (records,), higher is better.
        kept: (records,), what the rules hold of.
        trials: Evaluations of each search.
        seeds: Searches, at least 2.
        seed: Seed that theirs follow from.
        watch: Told of them.
    """
    if not kept.any():
        return None
    codes, everything = coded_choices(columns), np.ones_like(kept)
    told, regrets = counting(watch, "searches", "seeds"), np.empty((seeds, 2))
    for place in range(seeds):
        for side, mask in enumerate((kept, everything)):
            rng = np.random.default_rng(derived_seed(seed, "principles", "replay", str(place)))
            found = evolve_records(codes, oriented, mask, trials, rng)
            regrets[place, side] = oriented.max() - oriented[found].max()
        told(place + 1, seeds)
    gains = regrets[:, 1] - regrets[:, 0]
    low, high = _interval(gains, derived_seed(seed, "principles", "gain"))
    inside, outside = regrets.mean(axis=0)
    return ReplayFigures(
        trials=trials,
        seeds=seeds,
        inside=float(inside),
        outside=float(outside),
        gain=float(gains.mean()),
        interval=[low, high],
    )


def _interval(values: npt.NDArray[np.float64], seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    means = values[rng.integers(len(values), size=(RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
