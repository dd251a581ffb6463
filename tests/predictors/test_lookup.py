"""A table as a predictor: means of trainings, and nothing of what was not trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.predictors import Labelled, LookUp, Prediction, PredictionStatus
from lpzero.spaces import get_space
from lpzero.spaces.space import SearchSpace


def test_what_was_trained_is_said_and_nothing_else(
    small: SearchSpace, drawn: Callable[[int], Any], labels: Callable[..., Labelled]
) -> None:
    one, two, other = drawn(3)
    fitted = LookUp(small).fit(labels([one, two], np.array([1.5, 2.5]), higher=False))
    found = fitted.predict([other, two])
    assert found[1] == Prediction(2.5, None, None, PredictionStatus.OK, True, "label")
    assert (found[0].status, found[0].value) == (PredictionStatus.FAILED, None)
    assert found[0].reason == "it is not among the labels"
    assert (fitted.name, fitted.higher_is_better, fitted.in_unit) == ("lookup", False, True)
    assert (LookUp(small).name, LookUp(small).cost) == ("lookup", "cheap")


def test_the_interval_is_that_of_one_more_training(labels: Callable[..., Labelled]) -> None:
    """Simulated: the mean of two trainings of a model, and a third; listed apart, they are one model."""
    space = get_space("flexibert", "trained")
    rng = np.random.default_rng(0)
    keys: dict[str, list[Any]] = {}
    while not any(len(twins) > 1 for twins in keys.values()):
        architecture = space.sample(rng)
        twins = keys.setdefault(space.model_key(architecture), [])
        if architecture not in twins:
            twins.append(architecture)
    pair = next(twins for twins in keys.values() if len(twins) > 1)[:2]
    inside = []
    for _ in range(600):
        first, second, third = rng.normal(7.0, 0.5, size=3)
        found = LookUp(space, 0.8).fit(labels(pair, np.array([first, second]), noise=0.5)).predict(pair[:1])[0]
        assert found.value == pytest.approx((first + second) / 2)
        assert found.low is not None
        assert found.high is not None
        inside.append(found.low <= third <= found.high)
    assert np.mean(inside) == pytest.approx(0.8, abs=0.05)


def test_a_level_that_is_none_is_refused(small: SearchSpace) -> None:
    with pytest.raises(InputError, match="`level`"):
        LookUp(small, 1.0)
