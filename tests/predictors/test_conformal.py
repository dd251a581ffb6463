"""Intervals: the jackknife worked out by hand, and its coverage, simulated."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from lpzero.errors import InputError
from lpzero.fitness.regression import ridge_model
from lpzero.predictors.conformal import FOLDS, Conformal, check_level, fewest_labels, noise_reach


def simulated(number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(number, 3))
    return columns, columns @ np.array([1.0, -0.5, 0.0]) + rng.normal(size=number)


@pytest.mark.parametrize("labels", [12, 40])
def test_the_ends_are_quantiles_of_what_is_missed_without_a_fold(labels: int) -> None:
    """Order statistics of what the regression without i's fold misses of i, around the regression on all labels.

    Between two of them in proportion.
    """
    columns, target = simulated(labels + 7, 0)
    asked = columns[labels:]
    columns, target = columns[:labels], target[:labels]
    found = Conformal.fit(LinearRegression(), columns, target, range(labels), 0.9).predict(asked)
    missed = []
    for i in range(labels):
        kept = [j for j in range(labels) if j % FOLDS != i % FOLDS]
        model = LinearRegression().fit(columns[kept], target[kept])
        missed.append(abs(target[i] - model.predict(columns[[i]])[0]))
    value = LinearRegression().fit(columns, target).predict(asked)
    reach = np.quantile(missed, 0.9, method="weibull")
    assert found.low is not None
    assert found.high is not None
    np.testing.assert_allclose(found.value, value)
    np.testing.assert_allclose(found.low, value - reach)
    np.testing.assert_allclose(found.high, value + reach)


@pytest.mark.parametrize(("labels", "heavy"), [(16, False), (16, True), (30, False)])
def test_ninety_per_cent_of_new_labels_lie_inside(labels: int, heavy: bool) -> None:
    inside = []
    for seed in range(32):
        columns, target = simulated(labels + 100, seed)
        if heavy:
            target += 2 * np.random.default_rng(seed + 1000).standard_t(3, size=len(target))
        known = columns[:labels], target[:labels]
        found = Conformal.fit(LinearRegression(), *known, range(labels), 0.9).predict(columns[labels:])
        assert found.low is not None
        assert found.high is not None
        inside.append(((found.low <= target[labels:]) & (target[labels:] <= found.high)).mean())
    assert 0.86 < np.mean(inside) < 0.94


def test_a_ridge_with_more_columns_than_labels_is_covered_as_asked() -> None:
    """Four causes seen through sixty columns, 16 labels, 30 draws: the jackknife+ covers .92 to .95 of it."""
    inside = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        causes = rng.normal(size=(116, 4))
        columns = causes @ rng.normal(size=(4, 60)) + 0.3 * rng.normal(size=(116, 60))
        target = causes @ np.array([1, 0.5, 0.25, 0.1]) + 0.2 * rng.normal(size=116)
        found = Conformal.fit(ridge_model(), columns[:16], target[:16], range(16), 0.9).predict(columns[16:])
        assert found.low is not None
        assert found.high is not None
        inside.append(((found.low <= target[16:]) & (target[16:] <= found.high)).mean())
    assert 0.86 < np.mean(inside) < 0.94


def test_a_level_that_is_an_order_statistic_takes_it() -> None:
    columns, target = simulated(19, 0)
    whole = Conformal.fit(LinearRegression(), columns, target, range(19), 0.9)
    assert whole.between == pytest.approx(0)
    nearly = Conformal.fit(LinearRegression(), columns, target, range(19), 0.9 - 1e-7)
    assert nearly.between == pytest.approx(1, abs=1e-5)
    for end in ("low", "high"):
        np.testing.assert_allclose(
            getattr(whole.predict(columns), end), getattr(nearly.predict(columns), end), atol=1e-5
        )
    fewest = Conformal.fit(LinearRegression(), columns[:10], target[:10], range(10), 0.9)
    assert fewest.between == pytest.approx(0.9)


def test_equal_models_are_left_out_together() -> None:
    """Ten groups of three equal labels with noise of their own: with one of them fitted the others seem known."""
    rng = np.random.default_rng(0)
    columns = np.repeat(np.eye(12), 3, axis=0)
    target = np.repeat(rng.normal(size=12) * 10, 3) + rng.normal(size=36) * 0.01
    groups = np.repeat(np.arange(12), 3)

    def width(labels: np.ndarray) -> float:
        found = Conformal.fit(LinearRegression(), columns, target, labels.tolist(), 0.9).predict(np.zeros((1, 12)))
        assert found.low is not None
        assert found.high is not None
        return float(found.high[0] - found.low[0])

    assert width(groups) > 10
    assert width(groups) > width(np.arange(36))


def test_too_few_labels_give_a_value_alone() -> None:
    columns, target = simulated(9, 0)
    assert [fewest_labels(level) for level in (0.8, 0.9, 0.95)] == [5, 10, 20]
    for level, labels in ((0.9, range(9)), (None, range(9)), (0.8, [0, 0, 0, 1, 1, 1, 2, 2, 3])):
        found = Conformal.fit(LinearRegression(), columns, target, labels, level)
        assert not found.bounded
        band = found.predict(columns)
        assert (band.low, band.high) == (None, None)
        np.testing.assert_allclose(band.value, LinearRegression().fit(columns, target).predict(columns))
    assert Conformal.fit(LinearRegression(), columns, target, range(9), 0.8).bounded


def test_nobody_asked_is_no_fault() -> None:
    columns, target = simulated(12, 0)
    for level in (0.9, None):
        assert Conformal.fit(LinearRegression(), columns, target, range(12), level).predict(columns[:0]).value.size == 0


def test_no_global_random_state_is_moved() -> None:
    columns, target = simulated(20, 0)
    before = repr(np.random.get_state(legacy=False))  # noqa: NPY002
    Conformal.fit(LinearRegression(), columns, target, range(20), 0.9).predict(columns)
    assert repr(np.random.get_state(legacy=False)) == before  # noqa: NPY002


def test_a_level_is_one() -> None:
    for level in (0.4, 1.0, float("nan")):
        with pytest.raises(InputError, match=r"`level`: expected a confidence level from 0\.5 to below 1"):
            check_level(level)
    assert noise_reach(2.0, 0.95) == pytest.approx(3.92, abs=0.01)
