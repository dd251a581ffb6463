"""The chance that one of two trains better: worked out by hand, and against what came true, simulated."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from scipy import stats

from lpzero.fitness.regression import ridge_model
from lpzero.predictors import Prediction, PredictionStatus, Regression
from lpzero.predictors.gate.chance import FEWEST, Side, Variance, chance, side_of
from lpzero.predictors.gate.seed_noise import SeedNoise
from lpzero.predictors.regression import FittedRegression
from lpzero.spaces.architecture import Architecture

Makes = Callable[..., Any]
WEIGHTS = np.array([1.0, -0.5, 0.25])


@pytest.fixture
def problem(drawn: Makes, made_up: Makes, labels: Makes) -> Callable[..., tuple[FittedRegression, np.ndarray, Any]]:
    """Fits to the first of many architectures whose quality is a line of three numbers with noise."""

    def make(
        number: int, asked: int, seed: int, noise: float = 0.5
    ) -> tuple[FittedRegression, np.ndarray, Sequence[Architecture]]:
        rng, some = np.random.default_rng(seed), drawn(number + asked)
        columns = rng.normal(size=(len(some), 3))
        quality = columns @ WEIGHTS + noise * rng.normal(size=len(some))
        source = made_up(some, columns)
        fitted = Regression("ridge", source, None).fit(labels(some[:number], quality[:number]))
        return fitted, quality[number:], some[number:]

    return make


def test_of_two_that_nobody_trained_it_is_student_s_of_what_is_missed(problem: Makes) -> None:
    fitted, _, asked = problem(16, 2, 0)
    base, candidate = (side_of(fitted, one) for one in asked)
    assert (base.trainings, candidate.trainings) == (0, 0)
    misses = []
    for i in range(16):
        kept = [j for j in range(16) if j != i]
        model = ridge_model().fit(fitted.told.columns[kept], fitted.told.target[kept])
        misses.append(fitted.told.target[i] - model.predict(fitted.told.columns[[i]])[0])
    np.testing.assert_allclose(fitted.missed, misses)
    ahead = candidate.prediction.value - base.prediction.value
    wanted = stats.t.cdf(ahead / (math.sqrt(2) * np.std(misses, ddof=1)), 15)
    found = chance(fitted, base, candidate, None)
    assert found.probability == pytest.approx(wanted)
    turned = chance(fitted, candidate, base, None).probability
    assert turned == pytest.approx(1 - wanted)


def test_stated_probabilities_come_true(problem: Makes) -> None:
    stated, true = [], []
    for seed in range(8):
        fitted, quality, asked = problem(24, 60, seed)
        values = [one.value for one in fitted.predict(asked)]
        sides = [Side(Prediction(v, None, None, PredictionStatus.OK, True, "ridge"), 0) for v in values]
        for i in range(0, len(asked), 2):
            stated.append(chance(fitted, sides[i], sides[i + 1], None).probability)
            true.append(quality[i + 1] > quality[i])
    said, came = np.array(stated), np.array(true)
    for low, high in ((0.0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.0)):
        inside = (said >= low) & (said < high)
        deviation = math.sqrt((said[inside] * (1 - said[inside])).sum()) / inside.sum()
        assert abs(came[inside].mean() - said[inside].mean()) < 3.5 * deviation
    assert ((said - came) ** 2).mean() < 0.2


def test_what_was_trained_is_missed_by_the_noise_alone(problem: Makes) -> None:
    fitted, _, asked = problem(16, 2, 0)
    noise = SeedNoise(0.5, 6)
    trained = side_of(fitted, asked[0], [1.0, 1.2])
    assert (trained.prediction.value, trained.trainings) == (1.1, 2)
    untrained = side_of(fitted, asked[1])
    missed = float(fitted.missed.var(ddof=1))
    around = 0.25 * 1.5
    freedom = (missed + around) ** 2 / (missed**2 / 15 + around**2 / 6)
    ahead = untrained.prediction.value - 1.1
    found = chance(fitted, trained, untrained, noise)
    assert found.probability == pytest.approx(stats.t.cdf(ahead / math.sqrt(missed + around), freedom))
    both = chance(fitted, trained, side_of(fitted, asked[1], [1.4]), noise).probability
    assert both == pytest.approx(stats.t.cdf(0.3 / (0.5 * math.sqrt(1.5 + 2)), 6))
    # one that is among the labels was trained as well
    label = side_of(fitted, fitted.labelled.architectures[3])
    assert (label.trainings, label.prediction.source) == (1, "label")


def test_trainings_that_are_given_stand_for_the_label(problem: Makes) -> None:
    fitted, _, _ = problem(16, 2, 0)
    label = fitted.labelled.architectures[3]
    assert side_of(fitted, label, [7.0, 8.0]).prediction.value == 7.5
    assert side_of(fitted, label).prediction.value == fitted.labelled.quality[3]


def test_on_a_logarithm_the_noise_has_its_slope(drawn: Makes, made_up: Makes, labels: Makes) -> None:
    some, rng = drawn(14), np.random.default_rng(0)
    columns = rng.normal(size=(14, 3))
    fitted = Regression("ridge", made_up(some, columns), None).fit(
        labels(some, np.exp(columns @ WEIGHTS), higher=False)
    )
    assert fitted.scale.logarithmic
    sides = [side_of(fitted, some[0], [2.00]), side_of(fitted, some[1], [2.02])]
    found = chance(fitted, *sides, SeedNoise(0.02)).probability
    assert found is not None
    # less loss is better; on so short a way a logarithm is a line
    assert found == pytest.approx(stats.norm.cdf(-0.02 / (0.02 * 2)), abs=1e-3)


def test_without_noise_what_was_trained_is_certain(problem: Makes) -> None:
    fitted, _, asked = problem(16, 2, 0)
    one, other = side_of(fitted, asked[0], [1.0]), side_of(fitted, asked[1], [1.1])
    exact = SeedNoise(0.0)
    assert [chance(fitted, *two, exact).probability for two in ((one, other), (other, one), (one, one))] == [
        1.0,
        0,
        0.5,
    ]


def test_where_nothing_can_be_said_it_says_why(problem: Makes, drawn: Makes, made_up: Makes, labels: Makes) -> None:
    fitted, _, asked = problem(16, 2, 0)
    good = side_of(fitted, asked[0])
    failed = Side(Prediction(None, None, None, PredictionStatus.FAILED, None, "ridge", "no model"), 0)
    away = Side(Prediction(1.0, None, None, PredictionStatus.EXTRAPOLATED, False, "ridge", "depth: 9"), 0)
    few, _, _ = problem(FEWEST - 1, 2, 0)
    for reason, of, sides in (
        ("the candidate has no expected value: no model", fitted, (good, failed)),
        ("the base is unlike all labels: depth: 9", fitted, (away, good)),
        (
            "the base was trained, and the noise of training is not known: give `noise`",
            fitted,
            (side_of(fitted, asked[0], [1.0]), good),
        ),
        ("expected labels of at least 10 models, found 9: train more", few, (good, good)),
    ):
        found = chance(of, *sides, None)
        assert (found.probability, found.reason) == (None, reason)
    assert chance(problem(FEWEST, 2, 0)[0], good, good, None).probability == 0.5


def test_one_estimate_of_two_is_as_free_as_both_where_they_are_equal() -> None:
    assert Variance(2.0, 7).together(Variance(2.0, 7)) == pytest.approx(14)
    assert Variance(2.0, 7).together(Variance(0.0, math.inf)) == pytest.approx(7)
