"""Intervals around a regression by what it misses of labels that it was not fitted to: cross-conformal prediction.

The jackknife, by MAPIE: the regression on all labels, less and plus a quantile of what it misses of each label without
it. Of a stable regression, one that a label more changes little, such as a ridge with many columns, it covers its level
as the labels grow (Steinberger & Leeb 2023, Ann. Statist. 51). It holds for labels and asked architectures that are
drawn alike: one that was chosen because its prediction is good is not, and is missed more often. What the labels miss
contains the noise of their training; the interval is for one more training of the kind.

The jackknife+ (Barber, Candès, Ramdas & Tibshirani 2021, Ann. Statist. 49) adds to it how far the regressions without
one label lie from each other, so that it covers 2p - 1 of any regression. With 16 labels and a ridge that spread is
half of what is missed, and 90 % became 95.

The level p is the p (n + 1)-th of n ordered misses, which lies between two of them: in proportion (Hyndman & Fan 1996,
type 6). That covers p on the average where the density of what is missed is even, and more where it falls off outwards.
The whole place above, 16 of 16 labels at p = .9, covers 16/17.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from lpzero.errors import InputError
from lpzero.fitness.resample import Floats

FOLDS = 32
"""Parts that labels are left out in; so few labels are left out one by one."""


def fewest_labels(level: float) -> int:
    """The fewest labels of which an interval of a level can be told: of fewer even the largest miss is too likely.

    >>> fewest_labels(0.9), fewest_labels(0.8)
    (10, 5)
    """
    return math.ceil(round(1 / (1 - level), 9))


def check_level(level: float) -> None:
    """Raise InputError where a confidence level is none."""
    if not 0.5 <= level < 1:
        raise InputError(f"`level`: expected a confidence level from 0.5 to below 1, such as 0.9, found {level}")


def left_out(model: Any, columns: Floats, target: Floats, groups: Sequence[object]) -> Floats:
    """What a regression expects of each label that has not seen it, nor any other label of its fold.

    Args:
        model: An estimator of scikit-learn; it is not fitted, copies of it are.
        columns: (labels, columns).
        target: (labels,).
        groups: (labels,), those of one model share a group and are left out together; at least two groups.

    Returns:
        (labels,), in the unit of the target.
    """
    from sklearn.model_selection import cross_val_predict

    return np.asarray(cross_val_predict(model, columns, target, cv=_folds(groups)), dtype=np.float64)


def _folds(groups: Sequence[object]) -> Any:
    """The folds of labels: each model's in turn, ``FOLDS`` of them at most."""
    from sklearn.model_selection import PredefinedSplit

    names: dict[object, int] = {}
    return PredefinedSplit([names.setdefault(group, len(names)) % FOLDS for group in groups])


@dataclass(frozen=True)
class Band:
    """What is expected, and between what.

    Attributes:
        value: (asked,).
        low: (asked,); None where there are too few labels.
        high: (asked,), likewise.
    """

    value: Floats
    low: Floats | None
    high: Floats | None


@dataclass(frozen=True)
class Conformal:
    """A regression with its intervals.

    Attributes:
        model: An estimator of scikit-learn, or MAPIE's around one; fitted.
        bounded: Whether it is the latter.
        between: Where the ends lie between those of its two levels, from 0 to below 1.
    """

    model: Any
    bounded: bool
    between: float = 0.0

    @classmethod
    def fit(
        cls, model: Any, columns: Floats, target: Floats, groups: Sequence[object], level: float | None
    ) -> Conformal:
        """Fit a regression to all labels, and again without each fold of them.

        Args:
            model: An estimator of scikit-learn that is not yet fitted.
            columns: (labels, columns).
            target: (labels,).
            groups: (labels,), those of one model share a group and are left out together.
            level: Confidence level; None for no interval.
        """
        if level is None or len(set(groups)) < fewest_labels(level):
            model.fit(columns, target)
            return cls(model, bounded=False)
        from mapie.regression import CrossConformalRegressor

        place = level * (len(target) + 1)
        below = min(math.floor(round(place, 9)), len(target) - 1)
        # of these two levels MAPIE takes the place below and the one above
        levels = [(below - 0.5) / (len(target) + 1), (below + 0.5) / (len(target) + 1)]
        # nothing is drawn for given folds, but without a seed the global random state would be moved
        around = CrossConformalRegressor(
            model, confidence_level=levels, method="base", cv=_folds(groups), random_state=0
        )
        return cls(around.fit_conformalize(columns, target), bounded=True, between=place - below)

    def expected(self, columns: Floats) -> Floats:
        """What the regression on all labels expects of some architectures, (asked, columns), without intervals."""
        more = {"aggregate_point_predictions": None} if self.bounded else {}
        return np.asarray(self.model.predict(columns, **more), dtype=np.float64)

    def predict(self, columns: Floats) -> Band:
        """What is expected of some architectures, (asked, columns)."""
        if not len(columns):
            return Band(*(np.zeros(0) for _ in range(3)))
        if not self.bounded:
            return Band(np.asarray(self.model.predict(columns), dtype=np.float64), None, None)
        # the regression on all labels itself, not the mean of those without a fold
        value, ends = self.model.predict_interval(columns, aggregate_point_predictions=None)
        low, high = (1 - self.between) * ends[:, :, 0].T + self.between * ends[:, :, 1].T
        return Band(np.asarray(value, dtype=np.float64), low, high)


def noise_reach(noise: float, level: float) -> float:
    """How far one training lies from the model's mean with a probability of ``level``, where the noise is normal."""
    return float(stats.norm.ppf((1 + level) / 2)) * noise
