"""The regressions against scikit-learn itself, and the laws that they keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from lpzero.errors import InputError
from lpzero.fitness.regression import PENALTIES
from lpzero.predictors import Description, Labelled, PredictionStatus, Regression, Source
from lpzero.predictors.regression import GAUSSIAN_PROCESS, RIDGE

Drawn = Callable[[int], Any]
NUMBER, KNOWN = 40, 24


@pytest.fixture(scope="module")
def setting(drawn: Drawn, made_up: Callable[..., Any]) -> tuple[Any, np.ndarray, Any]:
    architectures = drawn(NUMBER)
    columns = np.random.default_rng(0).normal(size=(NUMBER, 4))
    return architectures, columns, made_up(architectures, columns)


def quality_of(columns: np.ndarray) -> np.ndarray:
    return 3.0 + columns @ np.array([1.0, -0.5, 0.2, 0.0]) + np.random.default_rng(1).normal(size=len(columns)) * 0.1


def values(fitted: Any, architectures: Any) -> np.ndarray:
    return np.array([one.value for one in fitted.predict(architectures)])


def test_the_ridge_is_that_of_scikit_learn(setting: Any, labels: Callable[..., Labelled]) -> None:
    architectures, columns, described = setting
    quality = quality_of(columns) + 10
    fitted = Regression(RIDGE, described).fit(labels(architectures[:KNOWN], quality[:KNOWN]))
    scaler = StandardScaler().fit(columns[:KNOWN])
    ridge = RidgeCV(alphas=PENALTIES).fit(scaler.transform(columns[:KNOWN]), quality[:KNOWN])
    wanted = ridge.predict(scaler.transform(columns[KNOWN:]))
    assert values(fitted, architectures[KNOWN:]) == pytest.approx(wanted)


def test_the_shape_is_joined_by_its_squares(
    drawn: Drawn, made_up: Callable[..., Any], labels: Callable[..., Labelled]
) -> None:
    architectures = drawn(NUMBER)
    columns = np.random.default_rng(0).normal(size=(NUMBER, 2))
    quality = 9 + columns[:, 0] * columns[:, 1]
    fitted = Regression(RIDGE, made_up(architectures, columns, "shape")).fit(
        labels(architectures[:KNOWN], quality[:KNOWN])
    )
    first = StandardScaler().fit(columns[:KNOWN])
    squares = PolynomialFeatures(2, include_bias=False)
    made = squares.fit_transform(first.transform(columns))
    second = StandardScaler().fit(made[:KNOWN])
    ridge = RidgeCV(alphas=PENALTIES).fit(second.transform(made[:KNOWN]), quality[:KNOWN])
    found = values(fitted, architectures[KNOWN:])
    assert found == pytest.approx(ridge.predict(second.transform(made[KNOWN:])))
    assert found == pytest.approx(quality[KNOWN:], abs=0.2)


def test_the_gaussian_process_finds_what_is_no_plane(
    drawn: Drawn, made_up: Callable[..., Any], labels: Callable[..., Labelled]
) -> None:
    architectures = drawn(NUMBER)
    columns = np.random.default_rng(0).uniform(-2, 2, size=(NUMBER, 1))
    quality = 5 + np.sin(2 * columns[:, 0])
    described, known = made_up(architectures, columns), labels(architectures[:KNOWN], quality[:KNOWN])
    smooth, plane = (Regression(kind, described).fit(known) for kind in (GAUSSIAN_PROCESS, RIDGE))
    missed = [np.abs(values(one, architectures[KNOWN:]) - quality[KNOWN:]).mean() for one in (smooth, plane)]
    assert missed[0] < 0.1 < missed[1]


@pytest.mark.parametrize("kind", [RIDGE, GAUSSIAN_PROCESS])
def test_the_order_of_the_labels_makes_no_difference(kind: str, setting: Any, labels: Callable[..., Labelled]) -> None:
    architectures, columns, described = setting
    quality = quality_of(columns) + 10
    shuffle = np.random.default_rng(5).permutation(KNOWN)
    one = Regression(kind, described).fit(labels(architectures[:KNOWN], quality[:KNOWN]))
    other = Regression(kind, described).fit(labels([architectures[i] for i in shuffle], quality[shuffle]))
    # bit for bit, intervals included
    assert one.predict(architectures) == other.predict(architectures)


@pytest.mark.property
@settings(max_examples=10, deadline=None)
@given(shift=st.floats(-5.0, 100.0), factor=st.floats(0.1, 10.0))
def test_values_follow_the_level_and_the_unit_of_the_labels(
    setting: Any, labels: Callable[..., Labelled], shift: float, factor: float
) -> None:
    architectures, columns, described = setting
    quality = quality_of(columns) + 10
    plain, other = (
        Regression(RIDGE, described, None).fit(labels(architectures[:KNOWN], some[:KNOWN]))
        for some in (quality, factor * quality + shift)
    )
    wanted = factor * values(plain, architectures) + shift
    assert values(other, architectures) == pytest.approx(wanted, rel=1e-6)


def test_a_loss_is_regressed_on_by_its_logarithm_and_said_in_its_unit(
    setting: Any, labels: Callable[..., Labelled]
) -> None:
    architectures, columns, described = setting
    perplexity = np.exp(3 + columns @ np.array([0.5, -0.2, 0.0, 0.0]))
    fitted = Regression(RIDGE, described).fit(labels(architectures[:KNOWN], perplexity[:KNOWN], higher=False))
    found = fitted.predict(architectures[KNOWN:])
    assert [one.value for one in found] == pytest.approx(perplexity[KNOWN:], rel=0.02)
    assert all(one.low <= one.value <= one.high for one in found)
    assert (fitted.higher_is_better, fitted.in_unit) == (False, True)
    # in another unit of perplexity the same, in that unit
    scaled = Regression(RIDGE, described).fit(labels(architectures[:KNOWN], 7 * perplexity[:KNOWN], higher=False))
    assert values(scaled, architectures[KNOWN:]) == pytest.approx(7 * values(fitted, architectures[KNOWN:]), rel=1e-6)


def test_what_was_labelled_is_said_as_it_was_measured(setting: Any, labels: Callable[..., Labelled]) -> None:
    architectures, columns, described = setting
    quality = quality_of(columns)
    fitted = Regression(RIDGE, described).fit(labels(architectures[:KNOWN], quality[:KNOWN]))
    found = fitted.predict([architectures[KNOWN], architectures[3]])
    assert [one.source for one in found] == ["ridge", "label"]
    assert found[1].value == quality[3]


def test_no_interval_is_narrower_than_one_training_differs_from_the_next(
    setting: Any, labels: Callable[..., Labelled]
) -> None:
    architectures, columns, described = setting
    exact = 3 + columns[:, 0]
    quiet, noisy = (
        Regression(RIDGE, described).fit(labels(architectures[:KNOWN], exact[:KNOWN], noise=noise))
        for noise in (None, 0.5)
    )
    for one, other in zip(quiet.predict(architectures[KNOWN:]), noisy.predict(architectures[KNOWN:]), strict=True):
        assert one.value == other.value
        assert one.high - one.low < 0.1
        assert other.high - other.value == pytest.approx(1.645 * 0.5, rel=1e-3)
        assert other.value - other.low == pytest.approx(1.645 * 0.5, rel=1e-3)


def test_what_cannot_be_described_is_left_out_and_has_no_value(setting: Any, labels: Callable[..., Labelled]) -> None:
    architectures, columns, described = setting
    gone = {architectures[0].digest: Description(reason="too large"), architectures[-1].digest: Description(reason="x")}
    holes = replace(described, rows={**described.rows, **gone})
    quality = quality_of(columns)
    fitted = Regression(RIDGE, holes).fit(labels(architectures[:KNOWN], quality[:KNOWN]))
    assert fitted.described == KNOWN - 1
    found = fitted.predict(architectures[-2:])
    assert [one.status for one in found][1] is PredictionStatus.FAILED
    assert (found[1].value, found[1].reason) == (None, "x")
    assert found[0].value is not None
    without = Regression(RIDGE, described).fit(labels(architectures[1:KNOWN], quality[1:KNOWN]))
    assert without.predict(architectures[-2:-1]) == found[:1]
    none = replace(described, rows=dict.fromkeys(described.rows, Description(reason="too large")))
    with pytest.raises(InputError, match="at least 2 labelled architectures that can be described, found 0: too large"):
        Regression(RIDGE, none).fit(labels(architectures[:KNOWN], quality[:KNOWN]))


def test_beyond_the_labels_the_value_is_marked(source: Source, drawn: Drawn, labels: Callable[..., Labelled]) -> None:
    described = replace(source, groups=("spec",))
    by_depth = sorted(drawn(60), key=lambda one: one.depth)
    shallow = [one for one in by_depth if one.depth == by_depth[0].depth]
    fitted = Regression(RIDGE, described).fit(labels(shallow, np.arange(len(shallow))))
    (deep,) = fitted.predict(by_depth[-1:])
    assert deep.value is not None
    assert (deep.status, deep.in_support) == (PredictionStatus.EXTRAPOLATED, False)
    assert ", the labels have " in deep.reason


def test_few_labels_give_values_without_intervals(setting: Any, labels: Callable[..., Labelled]) -> None:
    architectures, columns, described = setting
    for number in (2, 9):
        fitted = Regression(RIDGE, described).fit(labels(architectures[:number], quality_of(columns)[:number]))
        assert all((one.low, one.high) == (None, None) for one in fitted.predict(architectures[number:]))
    one, two = architectures[:2]
    same = Regression(RIDGE, described).fit(labels([one, two], np.array([4.0, 4.0])))
    assert values(same, architectures[2:]) == pytest.approx(4.0)


def test_wrong_names_and_levels_are_refused(setting: Any) -> None:
    with pytest.raises(InputError, match="unknown predictor 'forest': expected one of ridge, gp"):
        Regression("forest", setting[2])
    with pytest.raises(InputError, match="`level`"):
        Regression(RIDGE, setting[2], 0.1)
    assert (Regression(RIDGE, setting[2]).name, Regression(RIDGE, setting[2], called="x").name) == ("ridge", "x")
    assert Regression(RIDGE, setting[2]).cost == "cheap"
