"""A table as a predictor: of what was trained it says what came of it, of anything else that it cannot tell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from lpzero.predictors.conformal import check_level, noise_reach
from lpzero.predictors.prediction import LEVEL, Labelled, Prediction, PredictionStatus, failed
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

LABEL = "label"


@dataclass(frozen=True)
class LookUp:
    """Remembers labels.

    Attributes:
        space: What says which architectures are one model.
        level: Confidence level of the intervals.
    """

    space: SearchSpace
    level: float = LEVEL

    def __post_init__(self) -> None:
        """Check the level, or raise InputError."""
        check_level(self.level)

    @property
    def name(self) -> str:
        """What it is called."""
        return "lookup"

    @property
    def cost(self) -> Literal["cheap", "expensive"]:
        """Nothing is computed."""
        return "cheap"

    def fit(self, labelled: Labelled) -> FittedLookUp:
        """Remember labels, several of one model as their mean."""
        trained: dict[str, list[float]] = {}
        for architecture, quality in zip(labelled.architectures, labelled.quality.tolist(), strict=True):
            trained.setdefault(self.space.model_key(architecture), []).append(quality)
        return FittedLookUp(self.space, trained, labelled.higher_is_better, labelled.noise, self.level)


@dataclass(frozen=True)
class FittedLookUp:
    """Labels by the key of their model.

    Attributes:
        space: What says which architectures are one model.
        trained: Key of a model -> the qualities of its trainings, at least one.
        higher_is_better: Their direction.
        noise: Standard deviation between trainings of one model; None where that is not known.
        level: Confidence level of the intervals.
    """

    space: SearchSpace
    trained: Mapping[str, Sequence[float]]
    higher_is_better: bool
    noise: float | None
    level: float

    @property
    def name(self) -> str:
        """What it is called."""
        return "lookup"

    @property
    def in_unit(self) -> bool:
        """Its values are in the unit of the labels."""
        return True

    def with_trainings(self, architecture: Architecture, qualities: Sequence[float]) -> FittedLookUp:
        """The same where the trainings of one model are these, at least one."""
        return replace(self, trained={**self.trained, self.space.model_key(architecture): tuple(qualities)})

    def find(self, architecture: Architecture) -> Prediction | None:
        """What was trained, with the interval that one more training of it lies in; None where it was not.

        There is an interval where the noise is known: the difference of a training from the mean of n others has the
        variance of the noise times 1 + 1/n.
        """
        found = self.trained.get(self.space.model_key(architecture))
        if found is None:
            return None
        value, low, high = float(np.mean(found)), None, None
        if self.noise is not None:
            reach = noise_reach(self.noise, self.level) * math.sqrt(1 + 1 / len(found))
            low, high = value - reach, value + reach
        return Prediction(value, low, high, PredictionStatus.OK, True, LABEL)

    def predict(self, architectures: Sequence[Architecture]) -> list[Prediction]:
        """What was trained; anything else has the status ``failed``."""
        return [self.find(one) or failed(self.name, "it is not among the labels") for one in architectures]
