"""Predictors that regress the quality on what architectures are: a ridge, and a Gaussian process."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from lpzero.errors import InputError, unknown_name
from lpzero.fitness.regression import Scale, ridge_model
from lpzero.fitness.resample import Floats
from lpzero.predictors.conformal import Band, Conformal, check_level, left_out, noise_reach
from lpzero.predictors.description import SUMS, Describes, Description
from lpzero.predictors.design import Design
from lpzero.predictors.lookup import FittedLookUp, LookUp
from lpzero.predictors.prediction import LEVEL, Labelled, Prediction, PredictionStatus, failed
from lpzero.spaces.architecture import Architecture

RIDGE, GAUSSIAN_PROCESS = "ridge", "gp"


def gaussian_process(quadratic: int = 0) -> Any:
    """A Gaussian process over standardised columns, smooth but for noise, not yet fitted: an estimator of scikit-learn.

    Its length and the noise are those of the highest marginal likelihood.

    Args:
        quadratic: How many of the first columns a regression would join by squares and products: it needs none.
    """
    del quadratic
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kernel = ConstantKernel(1.0, (1e-2, 1e3)) * RBF(5.0, (1e-1, 1e3)) + WhiteKernel(0.1, (1e-5, 1e1))
    return make_pipeline(StandardScaler(), GaussianProcessRegressor(kernel, normalize_y=True))


@contextmanager
def quiet_bounds() -> Iterator[None]:
    """Fit without a warning of a length at its bound: it is an answer, and no fault of the user."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="sklearn.gaussian_process")
        yield


MODELS: Mapping[str, Callable[[int], Any]] = MappingProxyType({RIDGE: ridge_model, GAUSSIAN_PROCESS: gaussian_process})
"""The regressions, by name."""


@dataclass(frozen=True)
class Regression:
    """A regression on descriptions.

    Attributes:
        kind: One of ``MODELS``.
        source: What describes architectures.
        level: Confidence level of the intervals; None for no intervals.
        called: What it is called; empty for its kind.
    """

    kind: str
    source: Describes
    level: float | None = LEVEL
    called: str = ""

    def __post_init__(self) -> None:
        """Check the kind and the level, or raise InputError."""
        if self.kind not in MODELS:
            raise unknown_name("predictor", self.kind, MODELS)
        if self.level is not None:
            check_level(self.level)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.called or self.kind

    @property
    def cost(self) -> Literal["cheap", "expensive"]:
        """A model may be built, none is trained."""
        return "cheap"

    def fit(self, labelled: Labelled) -> FittedRegression:
        """Fit it to labels; one that cannot be described is left out.

        Raises:
            InputError: Fewer than two labels can be described.
        """
        return self.fit_described(labelled, self.source.describe(labelled.architectures))

    def fit_described(self, labelled: Labelled, described: Sequence[Description]) -> FittedRegression:
        """The same where the labels are described already, one each."""
        kept = [i for i, one in enumerate(described) if not one.reason]
        if len(kept) < 2:
            reasons = [one.reason for one in described if one.reason]
            raise InputError(
                f"expected at least 2 labelled architectures that can be described, found {len(kept)}: {reasons[0]}"
            )
        # sums depend on the order of their parts: one order whatever the user's
        kept.sort(key=lambda i: labelled.architectures[i].digest)
        some, quality = [described[i] for i in kept], labelled.oriented[kept]
        groups = [self.source.space.model_key(labelled.architectures[i]) for i in kept]
        design, scale = Design.of(some), Scale.of(quality)
        columns, target = design.matrix(some), scale.regressed(quality)
        with quiet_bounds():
            fitted = Conformal.fit(MODELS[self.kind](design.quadratic), columns, target, groups, self.level)
        known = LookUp(self.source.space, self.level or LEVEL).fit(labelled)
        return FittedRegression(self, design, scale, fitted, known, labelled, Told(columns, target, tuple(groups)))


@dataclass(frozen=True)
class Told:
    """What a regression was fitted to, the labels that could be described.

    Attributes:
        columns: (labels, columns).
        target: (labels,) qualities on the scale of the regression, higher is better.
        groups: (labels,) keys of their models.
    """

    columns: Floats
    target: Floats
    groups: tuple[str, ...]


@dataclass(frozen=True)
class FittedRegression:
    """A regression that has seen its labels.

    Attributes:
        predictor: What was fitted.
        design: Its columns.
        scale: On what scale the quality is regressed on.
        conformal: The fitted estimator.
        known: The labels.
        labelled: What it was fitted to.
        told: Those of them that could be described, as numbers.
    """

    predictor: Regression
    design: Design
    scale: Scale
    conformal: Conformal
    known: FittedLookUp
    labelled: Labelled
    told: Told

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

    @property
    def described(self) -> int:
        """How many of the labels could be described."""
        return len(self.told.target)

    @cached_property
    def missed(self) -> Floats:
        """By how much each described label is better than what is expected of it without it, on the scale of ``scale``.

        Of what is missed the noise of training is a part.

        Raises:
            InputError: The labels are of one model alone.
        """
        if len(set(self.told.groups)) < 2:
            raise InputError("expected labels of at least 2 models, found 1: train more")
        model = MODELS[self.predictor.kind](self.design.quadratic)
        with quiet_bounds():
            return self.told.target - left_out(model, self.told.columns, self.told.target, self.told.groups)

    @property
    def additive(self) -> bool:
        """Whether what is regressed on is a sum over the layers of an architecture: linear in what is summed alone."""
        return self.predictor.kind == RIDGE and all(name.startswith(f"{SUMS}:") for name in self.design.names)

    @cached_property
    def weights(self) -> tuple[float, Mapping[str, float]]:
        """Of an additive one what is expected of nothing at all, and what each unit of a feature adds, by its name.

        On the scale of ``scale``, higher is better.

        Raises:
            InputError: It is not additive.
        """
        if not self.additive:
            raise InputError(f"{self.name}: expected a ridge on {SUMS} alone, found another predictor or feature")
        names = [name.removeprefix(f"{SUMS}:") for name in self.design.names]
        nothing, *ones = self.conformal.expected(np.vstack([np.zeros(len(names)), np.eye(len(names))])).tolist()
        return nothing, {name: one - nothing for name, one in zip(names, ones, strict=True)}

    def predict(self, architectures: Sequence[Architecture]) -> list[Prediction]:
        """What it says of each architecture; of a labelled one what was measured.

        An architecture that cannot be described has the status ``failed``, one that is unlike all labels
        ``extrapolated``.
        """
        found = [self.known.find(architecture) for architecture in architectures]
        asked = [i for i, one in enumerate(found) if one is None]
        described = self.predictor.source.describe([architectures[i] for i in asked])
        told = [place for place, one in enumerate(described) if not one.reason]
        values, low, high = self._quality(self.conformal.predict(self.design.matrix([described[p] for p in told])))
        for place, i in enumerate(asked):
            if described[place].reason:
                found[i] = failed(self.name, described[place].reason)
        for row, place in enumerate(told):
            beyond = self.design.beyond(described[place])
            found[asked[place]] = Prediction(
                float(values[row]),
                None if low is None else float(low[row]),
                None if high is None else float(high[row]),
                PredictionStatus.EXTRAPOLATED if beyond else PredictionStatus.OK,
                not beyond,
                self.name,
                beyond,
            )
        return [one for one in found if one is not None]

    def _quality(self, band: Band) -> tuple[Floats, Floats | None, Floats | None]:
        """A band in the unit and direction of the labels, no narrower than what one training differs by."""
        sign = 1.0 if self.higher_is_better else -1.0
        value = sign * self.scale.quality(band.value)
        if band.low is None or band.high is None:
            return value, None, None
        one, other = sign * self.scale.quality(band.low), sign * self.scale.quality(band.high)
        least = noise_reach(self.labelled.noise or 0.0, self.predictor.level or LEVEL)
        low = np.minimum(np.minimum(one, other), value - least)
        return value, low, np.maximum(np.maximum(one, other), value + least)
