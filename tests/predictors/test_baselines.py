"""The trivial predictors: a mean, two lines and a ridge, from counts that are made once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lpzero.predictors import Labelled, Source
from lpzero.predictors.baselines import BASELINES, Count, MeanOfLabels, Remembered, baselines
from lpzero.spaces.space import SearchSpace

Drawn = Callable[[int], Any]


def test_they_are_worked_out_by_hand(source: Source, drawn: Drawn, labels: Callable[..., Labelled]) -> None:
    some = drawn(30)
    quality = np.random.default_rng(0).normal(size=30)
    known = labels(some[:20], quality[:20], higher=False)
    fitted = {one.name: one.fit(known) for one in baselines(source, some)}
    assert tuple(fitted) == tuple(BASELINES)
    assert {one.higher_is_better for one in fitted.values()} == {False}
    said = {name: [one.value for one in predictor.predict(some[20:])] for name, predictor in fitted.items()}
    assert said["mean"] == pytest.approx([quality[:20].mean()] * 10)
    flops = np.log([source.space.flops(one, source.probe.tokens) for one in some])
    assert said["flops"] == pytest.approx(np.polyval(np.polyfit(flops[:20], quality[:20], 1), flops[20:]))
    params = np.log([source.space.parameter_counts(one)["total"] for one in some])
    assert said["params"] == pytest.approx(np.polyval(np.polyfit(params[:20], quality[:20], 1), params[20:]))
    assert len(set(said["spec_ridge"])) == 10


def test_the_mean_does_not_depend_on_the_order(drawn: Drawn, labels: Callable[..., Labelled]) -> None:
    some, quality = drawn(7), np.array([0.1, 0.2, 0.3, 1e9, -1e9, 0.7, 0.1])
    one, other = MeanOfLabels().fit(labels(some, quality)), MeanOfLabels().fit(labels(some[::-1], quality[::-1]))
    assert one.value == other.value
    assert (one.name, one.in_unit, MeanOfLabels().cost) == ("mean", True, "cheap")


def test_what_was_said_is_not_asked_again(small: SearchSpace, drawn: Drawn) -> None:
    some = drawn(3)
    asked: list[Any] = []

    class Counting(Count):
        def predict(self, architectures: Any) -> Any:
            asked.extend(architectures)
            return super().predict(architectures)

    base = Counting("params", small, 8)
    remembered = Remembered.of(base, some[:2])
    found = remembered.predict(some)
    assert asked == list(some)
    assert [one.value for one in found] == [small.parameter_counts(one)["total"] for one in some]
    assert (remembered.name, remembered.higher_is_better, remembered.in_unit) == ("params", True, False)
