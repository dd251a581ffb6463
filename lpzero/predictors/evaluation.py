"""How well predictors say what they were not told: draws of labels, errors, rank correlations, coverage.

All predictors and all numbers of labels see the same draws: the labels of a smaller number are among those of a larger
one. A model is labelled or asked about, never both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lpzero.errors import InputError
from lpzero.fitness.batch import correlation_over
from lpzero.fitness.figures import rounded
from lpzero.fitness.strata import matched
from lpzero.predictors.prediction import Labelled, Prediction, PredictionStatus, Predictor
from lpzero.predictors.result import PredictorFigures, SpreadOver
from lpzero.seeds import derived_seed
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table

LARGEST = 1000
"""Architectures of a table that are looked at, at most: a model of each may have to be built."""
MIDDLE = 0.9
"""The share of the draws that an interval over draws holds."""
FIGURES = ("mae", "tau_a", "tau_b", "rho", "matched", "coverage", "width", "in_support")


@dataclass(frozen=True)
class Trained:
    """Trained architectures to draw labels from.

    Attributes:
        architectures: In the order of a table.
        quality: (architectures,), in the table's unit and direction.
        higher_is_better: Its direction.
        groups: (architectures,) int, those of one model share a label.
        sizes: (architectures,), parameters outside the embeddings.
        noise: Standard deviation between trainings of one model; None where that is not known.
        within: The factor by which sizes may differ to count as matched.
    """

    architectures: tuple[Architecture, ...]
    quality: np.ndarray
    higher_is_better: bool
    groups: np.ndarray
    sizes: np.ndarray
    noise: float | None
    within: float

    @classmethod
    def of(cls, table: Table, space: SearchSpace, *, noise: float | None, within: float, seed: int) -> Trained:
        """Those of a table; of more than ``LARGEST`` some are drawn.

        Args:
            table: The table.
            space: Its space, under the protocol in question.
            noise: Standard deviation between trainings of one model; None where that is not known.
            within: The factor by which sizes may differ to count as matched, at least 1.
            seed: Seed of the draw.
        """
        chosen = np.arange(table.n)
        if table.n > LARGEST:
            rng = np.random.default_rng(derived_seed(seed, "table"))
            chosen = np.sort(rng.choice(table.n, LARGEST, replace=False))
        architectures = tuple(table.records[i].architecture for i in chosen)
        sizes = np.array([space.parameter_counts(one)["nonembedding"] for one in architectures])
        # whoever asks for another factor is told before anything is computed
        matched(sizes[:0], within)
        groups = table.groups(space)[chosen]
        return cls(architectures, table.qualities[chosen], table.higher_is_better, groups, sizes, noise, within)


@dataclass(frozen=True)
class Split:
    """One draw.

    Attributes:
        labelled: Indices of the labelled architectures, one a model.
        asked: Indices of those that are asked about.
    """

    labelled: np.ndarray
    asked: np.ndarray


def draw_splits(groups: np.ndarray, labels: int, splits: int, seed: int, asked: int | None = None) -> list[Split]:
    """Draw labels; those of fewer are the first of those of more.

    Args:
        groups: (architectures,) int, those of one model share a label.
        labels: Models to label, at least 2; at least 4 must be left.
        splits: Draws, at least 1.
        seed: Seed of the draws.
        asked: Architectures that are asked about in each draw, drawn as well, at least 4; None for all that are left.

    Raises:
        InputError: A number is out of its range.
    """
    models = len(np.unique(groups))
    if splits < 1:
        raise InputError(f"`splits`: expected at least 1, found {splits}")
    if not 2 <= labels <= models - 4:
        raise InputError(
            f"`labels`: expected from 2 to {models - 4}, which leaves 4 of {models} models, found {labels}"
        )
    if asked is not None and asked < 4:
        raise InputError(f"`asked`: expected at least 4 architectures to ask about, found {asked}")
    found = []
    for number in range(splits):
        rng = np.random.default_rng(derived_seed(seed, "labels", str(number)))
        order = rng.permutation(len(groups))
        _, first = np.unique(groups[order], return_index=True)
        labelled = order[np.sort(first)[:labels]]
        left = order[~np.isin(groups[order], groups[labelled])]
        found.append(Split(labelled, np.sort(left[:asked])))
    return found


def published_splits(table: Table) -> list[Split]:
    """The splits that a table was published with; raises InputError where it has none, or is larger than is looked at.

    Their indices are those of the table's records.
    """
    if not table.beside.splits or table.n > LARGEST:
        raise InputError(
            f"table {table.name} was published without splits: leave `split` out, so that labels are drawn"
        )
    return [Split(np.array(one.labelled), np.array(sorted(one.asked))) for one in table.beside.splits]


def kept_split(
    trained: Trained, space: SearchSpace, fitted_to: Sequence[Architecture], asked: int | None = None
) -> Split | None:
    """What a predictor was fitted to before, as the labels of a split, and the rest as what it is asked about.

    Args:
        trained: The trainings.
        space: Their space, which says what is one model.
        fitted_to: What it was fitted to.
        asked: Architectures that are asked about, the first of them; None for all.

    Raises:
        InputError: It was fitted to one of the trainings alone, or to so many that fewer than 4 are left.
    """
    models = {space.model_key(one) for one in fitted_to}
    known = np.array([space.model_key(one) in models for one in trained.architectures], dtype=bool)
    if not known.any():
        return None
    if known.sum() < 2 or (~known).sum() < 4:
        raise InputError(
            f"expected a predictor that was fitted to none of the table, or to 2 or more and not to 4 or more, found "
            f"{known.sum()} of {len(known)}"
        )
    return Split(np.flatnonzero(known), np.flatnonzero(~known)[:asked])


def evaluated(
    predictor: Predictor, trained: Trained, labels: int, splits: Sequence[Split], told: Callable[[], None]
) -> PredictorFigures:
    """Fit a predictor to each draw, and ask it about the rest.

    Args:
        predictor: The predictor.
        trained: What is drawn from.
        labels: Labelled models of each draw, for the result.
        splits: The draws.
        told: Called behind each draw.
    """
    figures: dict[str, list[float]] = {name: [] for name in FIGURES}
    without = 0
    for split in splits:
        said, in_unit = _asked(predictor, trained, split)
        without += sum(one.status is PredictionStatus.FAILED for one in said)
        for name, value in _figures(said, trained, split.asked, in_unit=in_unit).items():
            figures[name].append(value)
        told()
    spreads = {name: spread_over(values) for name, values in figures.items()}
    return PredictorFigures(predictor=predictor.name, labels=labels, failed=without, **spreads)


def _asked(predictor: Predictor, trained: Trained, split: Split) -> tuple[list[Prediction], bool]:
    """What is said of those asked about, in the table's direction, and whether it is in its unit."""
    if np.isin(trained.groups[split.asked], trained.groups[split.labelled]).any():
        raise InputError("expected no model both among the labels and among those asked about, found one")
    labelled = Labelled(
        tuple(trained.architectures[i] for i in split.labelled),
        trained.quality[split.labelled],
        trained.higher_is_better,
        trained.noise,
    )
    fitted = predictor.fit(labelled)
    said = fitted.predict([trained.architectures[i] for i in split.asked])
    if fitted.higher_is_better != trained.higher_is_better:
        said = [one if one.value is None else _negated(one) for one in said]
    return said, fitted.in_unit


def _negated(one: Prediction) -> Prediction:
    """A value without interval of the other direction, turned round."""
    assert one.value is not None
    return Prediction(-one.value, None, None, one.status, one.in_support, one.source, one.reason)


def _figures(said: Sequence[Prediction], trained: Trained, asked: np.ndarray, *, in_unit: bool) -> dict[str, float]:
    """The figures of one draw that there are."""
    has = np.array([one.value is not None for one in said], dtype=bool)
    told = [one for one in said if one.value is not None]
    if not told:
        return {}
    places = asked[has]
    quality, values = trained.quality[places], np.array([one.value for one in told], dtype=np.float64)
    found: dict[str, float] = {}
    if in_unit:
        found["mae"] = float(np.abs(values - quality).mean())
    if all(one.low is not None for one in told):
        low, high = (np.array([getattr(one, end) for one in told], dtype=np.float64) for end in ("low", "high"))
        found["coverage"] = float(((low <= quality) & (quality <= high)).mean())
        found["width"] = float((high - low).mean())
    if all(one.in_support is not None for one in told):
        found["in_support"] = float(np.mean([one.in_support for one in told]))
    overall = correlation_over(values, quality, None)
    if overall is not None:
        found |= {"tau_a": overall.tau_a, "tau_b": overall.tau_b, "rho": overall.rho}
        close = correlation_over(values, quality, matched(trained.sizes[places], trained.within))
        if close is not None:
            found["matched"] = close.tau_a
    return found


def spread_over(values: Sequence[float]) -> SpreadOver:
    """A figure over the draws that have it."""
    if not values:
        return SpreadOver(mean=None, sd=None, interval=None)
    tail = 50 * (1 - MIDDLE)
    ends = [rounded(float(end)) for end in np.percentile(values, [tail, 100 - tail])]
    sd = rounded(float(np.std(values, ddof=1))) if len(values) > 1 else None
    return SpreadOver(mean=rounded(float(np.mean(values))), sd=sd, interval=ends)
