"""A gate judges by a gain where both were measured, and by a chance where not."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.predictors import Regression
from lpzero.predictors.gate.chance import chance, side_of
from lpzero.predictors.gate.gain import measured_gain
from lpzero.predictors.gate.judge import Contender, Ground, judge
from lpzero.predictors.gate.seed_noise import SeedNoise
from lpzero.predictors.regression import FittedRegression
from lpzero.spaces.architecture import Architecture

Makes = Callable[..., Any]


@pytest.fixture
def fitted(drawn: Makes, made_up: Makes, labels: Makes) -> FittedRegression:
    some, rng = drawn(14), np.random.default_rng(0)
    columns = rng.normal(size=(14, 2))
    quality = columns @ [1.0, 0.5] + 0.3 * rng.normal(size=14)
    return Regression("ridge", made_up(some, columns)).fit(labels(some[:12], quality[:12]))


@pytest.fixture
def two(drawn: Makes) -> tuple[Architecture, Architecture]:
    return drawn(14)[12:]


def ground(fitted: FittedRegression, noise: SeedNoise | None) -> Ground:
    return Ground(fitted.known.space, True, noise, lambda: fitted, 0.9)


def never() -> FittedRegression:
    raise AssertionError("nothing is to be fitted")


def test_before_it_is_the_chance(fitted: FittedRegression, two: tuple[Architecture, Architecture]) -> None:
    found = judge(ground(fitted, None), *map(Contender, two))
    base, candidate = (side_of(fitted, one) for one in two)
    assert found.probability == round(chance(fitted, base, candidate, None).probability or math.nan, 6)
    assert (found.status, found.reason, found.gain) == ("ok", None, None)
    assert (found.predictor, found.labels, found.noise) == ("ridge", 12, None)
    for row, side, one in ((found.base, base, two[0]), (found.candidate, candidate, two[1])):
        assert row.value == pytest.approx(side.prediction.value)
        assert row.low is not None
        assert (row.source, row.trainings, row.status) == ("ridge", 0, "ok")
        assert row.params == fitted.known.space.parameter_counts(one)["nonembedding"]


def test_of_one_that_was_measured_its_seeds_tell_the_noise(
    fitted: FittedRegression, two: tuple[Architecture, Architecture]
) -> None:
    seeds = (1.0, 1.1, 1.2)
    found = judge(ground(fitted, None), Contender(two[0], seeds), Contender(two[1]))
    sides = side_of(fitted, two[0], seeds), side_of(fitted, two[1])
    wanted = chance(fitted, *sides, SeedNoise(0.1, 2)).probability
    assert found.probability == pytest.approx(wanted, abs=1e-6)
    assert (found.base.source, found.base.trainings, found.base.value) == ("measured", 3, pytest.approx(1.1))
    silent = judge(ground(fitted, None), Contender(two[0], seeds[:1]), Contender(two[1]))
    assert (silent.status, silent.probability) == ("cannot_say", None)
    assert silent.reason is not None
    assert "give `noise`" in silent.reason


def test_after_it_is_the_gain_and_nothing_is_fitted(
    fitted: FittedRegression, two: tuple[Architecture, Architecture]
) -> None:
    place = Ground(fitted.known.space, False, SeedNoise(0.1, 8), never, 0.9)
    found = judge(place, Contender(two[0], (2.0, 2.2)), Contender(two[1], (1.7,)))
    wanted = measured_gain([2.0, 2.2], [1.7], higher_is_better=False, noise=SeedNoise(0.1, 8))
    assert wanted is not None
    assert found.gain is not None
    assert (found.gain.gain, found.gain.p) == (pytest.approx(0.4), pytest.approx(wanted.p, abs=1e-6))
    assert (found.gain.freedom, found.gain.verdict, found.direction) == (9, wanted.verdict, "lower")
    assert found.gain.noise == found.noise
    assert (found.predictor, found.labels, found.probability) == (None, None, None)
    assert (found.base.value, found.base.low, found.base.source, found.base.trainings) == (2.1, None, "measured", 2)
    given = judge(
        Ground(place.space, False, SeedNoise(0.1), never, 0.9), Contender(two[0], (2.0,)), Contender(two[1], (1.7,))
    )
    assert given.gain is not None
    assert given.gain.freedom is None


def test_a_noise_that_nobody_knows_is_no_verdict(
    fitted: FittedRegression, two: tuple[Architecture, Architecture]
) -> None:
    place = Ground(fitted.known.space, True, None, never, 0.9)
    found = judge(place, Contender(two[0], (2.0,)), Contender(two[1], (1.7,)))
    assert (found.status, found.gain, found.noise) == ("cannot_say", None, None)
    assert found.reason == "the noise of training is not known: give `noise`, or a second seed of either"


@pytest.mark.parametrize("quality", [math.nan, math.inf])
def test_a_training_that_failed_is_none(two: tuple[Architecture, Architecture], quality: float) -> None:
    with pytest.raises(InputError, match="expected a finite quality a training"):
        Contender(two[0], (1.0, quality))
