"""A proxy, or any other predictor, as a predictor of these labels: its values as they are, or calibrated by a few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from lpzero.errors import InputError, unknown_name
from lpzero.fitness.resample import Floats
from lpzero.predictors.conformal import Conformal, check_level, noise_reach
from lpzero.predictors.description import PROXY, Describes
from lpzero.predictors.lookup import FittedLookUp, LookUp
from lpzero.predictors.prediction import LEVEL, Fitted, Labelled, Prediction, PredictionStatus, failed
from lpzero.proxy.proxy import Proxy
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

OFFSET, LINE, LINEAR, ISOTONIC = "offset", "line", "linear", "isotonic"
MAPS = {
    OFFSET: "the value and the mean distance of the labels from it",
    LINE: "the straight line of the logarithm of the value, which is above 0, that is closest to the labels",
    LINEAR: "the straight line of the value itself that is closest to the labels",
    ISOTONIC: "the monotone function of the value that is closest to the labels",
}
"""How values become qualities, by name."""


@dataclass(frozen=True)
class Scores:
    """A proxy: its scores are its values, in its own unit and direction, whatever the labels are.

    Attributes:
        proxy: The proxy.
        source: What describes architectures by its score.
        in_unit: Whether its scores are in the unit of the labels, as those of a supernet may be.
    """

    proxy: Proxy
    source: Describes
    in_unit: bool = False

    @property
    def name(self) -> str:
        """The proxy's."""
        return self.proxy.name

    @property
    def higher_is_better(self) -> bool:
        """The proxy's direction."""
        return self.proxy.higher_is_better

    @property
    def cost(self) -> Literal["cheap", "expensive"]:
        """A model may be built, none is trained."""
        return "cheap"

    def fit(self, labelled: Labelled) -> Scores:
        """A proxy needs no labels."""
        del labelled
        return self

    def predict(self, architectures: Sequence[Architecture]) -> list[Prediction]:
        """The scores; there is no interval."""
        found = []
        for one in self.source.describe(architectures):
            value = one.values.get(f"{PROXY}:{self.proxy.name}")
            if value is None:
                found.append(failed(self.name, one.reason or "it has no score"))
            else:
                found.append(Prediction(value, None, None, PredictionStatus.OK, None, self.name))
        return found


@dataclass(frozen=True)
class Calibrated:
    """What a predictor says, mapped onto the labels.

    Attributes:
        base: The predictor, fitted to something else or to nothing.
        how: One of ``MAPS``; an offset asks for values in the unit of the labels.
        space: What says which architectures are one model.
        level: Confidence level of the intervals; None for no intervals.
        called: What it is called; empty for the names of base and map.
    """

    base: Fitted
    how: str
    space: SearchSpace
    level: float | None = LEVEL
    called: str = ""

    def __post_init__(self) -> None:
        """Check the map and the level, or raise InputError."""
        if self.how not in MAPS:
            raise unknown_name("calibration", self.how, MAPS)
        if self.level is not None:
            check_level(self.level)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.called or f"{self.base.name}, {self.how}"

    @property
    def cost(self) -> Literal["cheap", "expensive"]:
        """What is calibrated has been fitted before."""
        return "cheap"

    def fit(self, labelled: Labelled) -> FittedCalibrated:
        """Fit the map to the labels that the base has a value of; raises InputError for fewer than two."""
        ordered = labelled.ordered()
        values = self.base.predict(ordered.architectures)
        kept = [i for i, one in enumerate(values) if one.value is not None]
        if len(kept) < 2:
            raise InputError(
                f"expected at least 2 labelled architectures that {self.base.name} has a value of, found {len(kept)}"
            )
        columns = np.array([[values[i].value] for i in kept], dtype=np.float64)
        if self.how == LINE and not (columns > 0).all():
            raise InputError(f"{self.base.name}: expected values above 0, found {columns.min():.6g}: use {ISOTONIC}")
        quality = ordered.quality[kept]
        groups = [self.space.model_key(ordered.architectures[i]) for i in kept]
        target = quality - columns[:, 0] if self.how == OFFSET else quality
        alike = self.base.higher_is_better == labelled.higher_is_better
        fitted = Conformal.fit(_map(self.how, rising=alike), columns, target, groups, self.level)
        ends = (float(columns.min()), float(columns.max()))
        return FittedCalibrated(self, fitted, ends, LookUp(self.space, self.level or LEVEL).fit(labelled), labelled)


def _map(how: str, *, rising: bool) -> Any:
    """The map, not yet fitted: an estimator of scikit-learn."""
    from sklearn.dummy import DummyRegressor
    from sklearn.isotonic import IsotonicRegression
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    if how == OFFSET:
        return DummyRegressor()
    if how == LINE:
        return make_pipeline(FunctionTransformer(np.log), LinearRegression())
    if how == LINEAR:
        return LinearRegression()
    return IsotonicRegression(increasing=rising, out_of_bounds="clip")


@dataclass(frozen=True)
class FittedCalibrated:
    """A calibrated predictor.

    Attributes:
        predictor: What was fitted.
        conformal: The fitted map.
        ends: The least and the largest value of the base among the labels.
        known: The labels.
        labelled: What it was fitted to.
    """

    predictor: Calibrated
    conformal: Conformal
    ends: tuple[float, float]
    known: FittedLookUp
    labelled: Labelled

    @property
    def name(self) -> str:
        """What it is called."""
        return self.predictor.name

    @property
    def higher_is_better(self) -> bool:
        """Which values are better."""
        return self.labelled.higher_is_better

    @property
    def in_unit(self) -> bool:
        """Its values are in the unit of the labels."""
        return True

    def predict(self, architectures: Sequence[Architecture]) -> list[Prediction]:
        """What it says of each architecture; of a labelled one what was measured."""
        found = [self.known.find(architecture) for architecture in architectures]
        asked = [i for i, one in enumerate(found) if one is None]
        based = self.predictor.base.predict([architectures[i] for i in asked])
        told = [place for place, one in enumerate(based) if one.value is not None]
        values = np.array([[based[place].value] for place in told], dtype=np.float64).reshape(len(told), 1)
        value, low, high = self._quality(values if self.predictor.how != LINE else np.maximum(values, self.ends[0] / 2))
        for place, i in enumerate(asked):
            if based[place].value is None:
                found[i] = failed(self.name, based[place].reason)
        for row, place in enumerate(told):
            found[asked[place]] = Prediction(
                float(value[row]),
                None if low is None else float(low[row]),
                None if high is None else float(high[row]),
                *self._support(based[place], float(values[row, 0])),
            )
        return [one for one in found if one is not None]

    def _support(self, base: Prediction, value: float) -> tuple[PredictionStatus, bool, str, str]:
        """Status, support, source and reason: beyond the labels is what the base says is, or a value beyond theirs."""
        least, most = self.ends
        reason = base.reason if base.in_support is False else ""
        if not reason and not least <= value <= most:
            reason = f"{self.predictor.base.name}: {value:.6g}, the labels have {least:.6g} to {most:.6g}"
        status = PredictionStatus.EXTRAPOLATED if reason else PredictionStatus.OK
        return status, not reason, self.name, reason

    def _quality(self, values: Floats) -> tuple[Floats, Floats | None, Floats | None]:
        band = self.conformal.predict(values)
        shift = values[:, 0] if self.predictor.how == OFFSET else 0.0
        value = band.value + shift
        if band.low is None or band.high is None:
            return value, None, None
        least = noise_reach(self.labelled.noise or 0.0, self.predictor.level or LEVEL)
        return value, np.minimum(band.low + shift, value - least), np.maximum(band.high + shift, value + least)
