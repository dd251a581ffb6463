"""What a predictor is: fitted to a few trainings, it says a value of other architectures, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol

import numpy as np

from lpzero.errors import InputError
from lpzero.spaces.architecture import Architecture

FEWEST = 2
"""The fewest labels that anything is fitted to."""
LEVEL = 0.9
"""Confidence level of an interval where nobody says."""


class PredictionStatus(str, Enum):
    """What came of asking about one architecture: ``extrapolated`` has a value, far from all that was labelled."""

    OK = "ok"
    EXTRAPOLATED = "extrapolated"
    FAILED = "failed"


@dataclass(frozen=True)
class Prediction:
    """What a predictor says of one architecture.

    Attributes:
        value: What is expected of its training, in the unit of the labels; None where the status is ``failed``.
        low: Lower end of the interval; None where there is none.
        high: Upper end of it.
        status: What came of it.
        in_support: Whether the architecture is like those that were labelled; None where that is not known.
        source: What said it: the name of a predictor, or ``"label"`` for what was trained.
        reason: Why there is no value, or what is beyond the labels; empty where there is nothing to say.
        sd: Standard deviation between the samples that the value is the mean of; None where there are no several.
    """

    value: float | None
    low: float | None
    high: float | None
    status: PredictionStatus
    in_support: bool | None
    source: str
    reason: str = ""
    sd: float | None = None


def failed(source: str, reason: str) -> Prediction:
    """The prediction that stands for an architecture of which a predictor cannot tell."""
    return Prediction(None, None, None, PredictionStatus.FAILED, None, source, reason)


@dataclass(frozen=True)
class Labelled:
    """Architectures whose quality is known.

    Attributes:
        architectures: Each once.
        quality: (architectures,), finite, in the unit and direction of whoever trained them.
        higher_is_better: Its direction.
        noise: Standard deviation between trainings of one model, in the same unit; None where that is not known.
    """

    architectures: tuple[Architecture, ...]
    quality: np.ndarray
    higher_is_better: bool
    noise: float | None = None

    def __post_init__(self) -> None:
        """Check all of it, or raise InputError."""
        number, digests = len(self.architectures), [one.digest for one in self.architectures]
        if self.quality.shape != (number,):
            raise InputError(f"expected one quality for each of {number} architectures, found {self.quality.shape}")
        if number < FEWEST:
            raise InputError(f"a predictor needs at least {FEWEST} labels, found {number}: train more")
        if not np.isfinite(self.quality).all():
            raise InputError("expected finite qualities, found NaN or infinity: leave failed trainings out")
        if len(set(digests)) < number:
            raise InputError("expected each labelled architecture once, found one twice: keep one of them")
        if self.noise is not None and not (np.isfinite(self.noise) and self.noise >= 0):
            raise InputError(f"expected a noise of at least 0, found {self.noise}")

    @property
    def oriented(self) -> np.ndarray:
        """The qualities turned so that higher is better, a fresh array (architectures,)."""
        return self.quality.copy() if self.higher_is_better else -self.quality

    def ordered(self) -> Labelled:
        """The same in an order that does not depend on the one in which they came: by the architectures' digests."""
        order = sorted(range(len(self.architectures)), key=lambda i: self.architectures[i].digest)
        return Labelled(
            tuple(self.architectures[i] for i in order), self.quality[order], self.higher_is_better, self.noise
        )


class Fitted(Protocol):
    """A predictor that has seen its labels."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def higher_is_better(self) -> bool:
        """Which values are better."""
        ...

    @property
    def in_unit(self) -> bool:
        """Whether its values are in the unit of the labels."""
        ...

    def predict(self, architectures: Sequence[Architecture]) -> list[Prediction]:
        """What it says of each architecture, in their order; what it cannot tell has a status, and no value."""
        ...


class Predictor(Protocol):
    """What can be fitted to labels."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def cost(self) -> Literal["cheap", "expensive"]:
        """Whether a prediction costs next to nothing, or something is trained, run or paid for it."""
        ...

    def fit(self, labelled: Labelled) -> Fitted:
        """Fit it; the order of the labels makes no difference. Raises InputError where they are too few for it."""
        ...
