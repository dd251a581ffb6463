"""What somebody would do who has the same labels and no predictor: their mean, and a line through a count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lpzero.predictors.calibrated import LINE, Calibrated
from lpzero.predictors.description import SPEC, Known, Source
from lpzero.predictors.prediction import LEVEL, Fitted, Labelled, Prediction, PredictionStatus, Predictor
from lpzero.predictors.regression import RIDGE, Regression
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

MEAN, PARAMS, FLOPS, SPEC_RIDGE = "mean", "params", "flops", "spec_ridge"
BASELINES = {
    MEAN: "the mean of the labels",
    PARAMS: "a straight line through the labels in the logarithm of the parameters",
    FLOPS: "the same of the operations of a forward pass",
    SPEC_RIDGE: "a ridge regression on the features of the specification alone",
}
"""The trivial predictors, by name."""


@dataclass(frozen=True)
class MeanOfLabels:
    """Says the same of every architecture."""

    @property
    def name(self) -> str:
        """What it is called."""
        return MEAN

    @property
    def cost(self) -> Literal["cheap", "expensive"]:
        """Nothing is computed."""
        return "cheap"

    def fit(self, labelled: Labelled) -> FittedMean:
        """Take the mean."""
        return FittedMean(float(labelled.ordered().quality.mean()), labelled.higher_is_better)


@dataclass(frozen=True)
class FittedMean:
    """The mean of labels.

    Attributes:
        value: The mean.
        higher_is_better: Their direction.
    """

    value: float
    higher_is_better: bool

    @property
    def name(self) -> str:
        """What it is called."""
        return MEAN

    @property
    def in_unit(self) -> bool:
        """Its values are in the unit of the labels."""
        return True

    def predict(self, architectures: Sequence[Architecture]) -> list[Prediction]:
        """The mean, of each."""
        return [Prediction(self.value, None, None, PredictionStatus.OK, None, MEAN) for _ in architectures]


@dataclass(frozen=True)
class Count:
    """A count as a predictor: more is better.

    Attributes:
        what: ``"params"`` or ``"flops"``.
        space: What counts.
        tokens: Tokens of the sequence whose operations are counted.
    """

    what: str
    space: SearchSpace
    tokens: int

    @property
    def name(self) -> str:
        """What it is called."""
        return self.what

    @property
    def higher_is_better(self) -> bool:
        """More is better."""
        return True

    @property
    def in_unit(self) -> bool:
        """It counts something else."""
        return False

    def predict(self, architectures: Sequence[Architecture]) -> list[Prediction]:
        """The count of each."""
        return [
            Prediction(float(self._count(one)), None, None, PredictionStatus.OK, None, self.what)
            for one in architectures
        ]

    def _count(self, architecture: Architecture) -> int:
        if self.what == PARAMS:
            return self.space.parameter_counts(architecture)["total"]
        return self.space.flops(architecture, self.tokens)


@dataclass(frozen=True)
class Remembered:
    """What a fitted predictor said of some architectures, and whom to ask about others.

    Attributes:
        base: The predictor.
        said: By digest of the architecture.
    """

    base: Fitted
    said: Mapping[str, Prediction]

    @classmethod
    def of(cls, base: Fitted, architectures: Sequence[Architecture]) -> Remembered:
        """Ask about some architectures once for all."""
        said = base.predict(architectures)
        return cls(base, {one.digest: found for one, found in zip(architectures, said, strict=True)})

    @property
    def name(self) -> str:
        """The base's."""
        return self.base.name

    @property
    def higher_is_better(self) -> bool:
        """The base's."""
        return self.base.higher_is_better

    @property
    def in_unit(self) -> bool:
        """The base's."""
        return self.base.in_unit

    def predict(self, architectures: Sequence[Architecture]) -> list[Prediction]:
        """What the base says."""
        return [self.said.get(one.digest) or self.base.predict([one])[0] for one in architectures]


def baselines(source: Source, architectures: Sequence[Architecture], level: float | None = LEVEL) -> list[Predictor]:
    """The trivial predictors.

    Args:
        source: What describes architectures; of it the space, and what models are shown.
        architectures: Those that they will be asked about: what is counted is counted once.
        level: Confidence level of their intervals; None for no intervals.
    """
    space = source.space
    counts = [Remembered.of(Count(what, space, source.probe.tokens), architectures) for what in (PARAMS, FLOPS)]
    spec = Known.of(Source(space, (SPEC,), (), source.probe, source.home), architectures)
    return [
        MeanOfLabels(),
        *(Calibrated(one, LINE, space, level, called=one.name) for one in counts),
        Regression(RIDGE, spec, level, called=SPEC_RIDGE),
    ]
