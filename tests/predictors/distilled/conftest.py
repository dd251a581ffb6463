"""A teacher that is a formula of what it is told, so that what a student should say is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from lpzero.operands.probe import Probe
from lpzero.predictors import Prediction, PredictionStatus, Source
from lpzero.predictors.description import specified
from lpzero.predictors.prediction import failed
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace


@dataclass(frozen=True)
class Formula:
    """Says a number of the specification; it is sure of models up to a depth, and cannot tell of the widest."""

    deepest: int = 6
    widest: int = 10**9
    name: str = "formula"
    higher_is_better: bool = False
    in_unit: bool = True
    knows: bool = True

    def predict(self, architectures: Sequence[Architecture]) -> list[Prediction]:
        """What the formula says."""
        return [self._said(one) for one in architectures]

    def _said(self, one: Architecture) -> Prediction:
        told = specified(one).values
        if told["spec:d_model"] > self.widest:
            return failed(self.name, "too wide")
        value = 3 - 0.001 * told["spec:d_model"] - 0.05 * one.depth + 1e-4 * told["spec:d_inner"]
        sure = one.depth <= self.deepest if self.knows else None
        status = PredictionStatus.EXTRAPOLATED if sure is False else PredictionStatus.OK
        return Prediction(value, None, None, status, sure, self.name)


@pytest.fixture(scope="session")
def told(small: SearchSpace) -> Source:
    """The specification alone: nothing is built."""
    return Source(small, ("spec",), (), Probe(batch=1, tokens=8, elements=16), Path())


@pytest.fixture
def teacher() -> type[Formula]:
    return Formula
