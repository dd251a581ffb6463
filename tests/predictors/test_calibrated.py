"""A proxy as a predictor, and its values mapped onto labels: against means, lines and monotone functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from lpzero.errors import InputError
from lpzero.predictors import Calibrated, Labelled, PredictionStatus, Scores, Source
from lpzero.proxy import load_proxy

Drawn = Callable[[int], Any]


@pytest.fixture
def params(source: Source) -> Scores:
    proxy = load_proxy("params")
    return Scores(proxy, replace(source, groups=(), proxies=(proxy,)))


def counts(params: Scores, architectures: Any) -> np.ndarray:
    return np.array([params.source.space.parameter_counts(one)["total"] for one in architectures], dtype=float)


def values(fitted: Any, architectures: Any) -> np.ndarray:
    return np.array([one.value for one in fitted.predict(architectures)])


def test_a_proxy_says_its_score_whatever_the_labels(
    params: Scores, drawn: Drawn, labels: Callable[..., Labelled]
) -> None:
    some = drawn(5)
    fitted = params.fit(labels(some, np.arange(5.0)))
    assert values(fitted, some).tolist() == counts(params, some).tolist()
    assert {one.low for one in fitted.predict(some)} == {None}
    assert (fitted.name, fitted.higher_is_better, fitted.in_unit, fitted.cost) == ("params", True, False, "cheap")


def test_what_no_proxy_can_score_has_no_value(broken: Source, drawn: Drawn, labels: Callable[..., Labelled]) -> None:
    proxy = load_proxy("snip")
    scores = Scores(proxy, replace(broken, groups=(), proxies=(proxy,)))
    (found,) = scores.predict(drawn(1))
    assert (found.status, found.value) == (PredictionStatus.FAILED, None)
    assert "out of order" in found.reason
    with pytest.raises(InputError, match="that snip has a value of, found 0"):
        Calibrated(scores, "isotonic", broken.space).fit(labels(drawn(3), np.arange(3.0)))


def test_an_offset_is_the_mean_distance(params: Scores, drawn: Drawn, labels: Callable[..., Labelled]) -> None:
    some, noise = drawn(30), np.random.default_rng(0).normal(size=30)
    quality = counts(params, some) + 1000 + noise
    calibrated = Calibrated(params, "offset", params.source.space)
    fitted = calibrated.fit(labels(some[:20], quality[:20]))
    assert values(fitted, some[20:]) == pytest.approx(counts(params, some[20:]) + 1000 + noise[:20].mean())
    found = fitted.predict(some[20:])
    assert all(2 < one.high - one.low < 8 for one in found)
    assert fitted.predict(some[:1])[0].source == "label"
    assert (fitted.name, fitted.higher_is_better, fitted.in_unit) == ("params, offset", True, True)


@pytest.mark.parametrize("higher", [True, False])
def test_a_monotone_map_is_that_of_scikit_learn(
    higher: bool, params: Scores, drawn: Drawn, labels: Callable[..., Labelled]
) -> None:
    some, noise = drawn(30), np.random.default_rng(0).normal(size=30)
    known = counts(params, some)
    quality = (1 if higher else -1) * np.log(known) + noise
    fitted = Calibrated(params, "isotonic", params.source.space).fit(labels(some[:20], quality[:20], higher=higher))
    wanted = IsotonicRegression(increasing=higher, out_of_bounds="clip").fit(known[:20], quality[:20])
    assert values(fitted, some[20:]) == pytest.approx(wanted.predict(known[20:]))
    for one, value in zip(fitted.predict(some[20:]), known[20:], strict=True):
        assert one.in_support == (known[:20].min() <= value <= known[:20].max())
        assert (one.status is PredictionStatus.OK) == one.in_support
        assert one.low <= one.value <= one.high


def test_a_line_is_least_squares_in_the_logarithm(
    params: Scores, drawn: Drawn, labels: Callable[..., Labelled]
) -> None:
    some = drawn(30)
    known, quality = counts(params, some), np.random.default_rng(0).normal(size=30)
    fitted = Calibrated(params, "line", params.source.space, called="x").fit(labels(some[:20], quality[:20]))
    line = np.polyfit(np.log(known[:20]), quality[:20], 1)
    assert values(fitted, some[20:]) == pytest.approx(np.polyval(line, np.log(known[20:])))
    assert fitted.name == "x"


def test_the_order_of_the_labels_makes_no_difference(
    params: Scores, drawn: Drawn, labels: Callable[..., Labelled]
) -> None:
    some, quality = drawn(24), np.random.default_rng(0).normal(size=24)
    back = list(range(19, -1, -1))
    for how in ("offset", "line", "linear", "isotonic"):
        calibrated = Calibrated(params, how, params.source.space)
        one = calibrated.fit(labels(some[:20], quality[:20]))
        other = calibrated.fit(labels([some[i] for i in back], quality[back]))
        assert one.predict(some) == other.predict(some)


def test_other_maps_and_values_below_zero_are_refused(
    params: Scores, drawn: Drawn, labels: Callable[..., Labelled]
) -> None:
    with pytest.raises(InputError, match="unknown calibration 'spline': expected one of offset, line, linear"):
        Calibrated(params, "spline", params.source.space)
    below = Calibrated(params, "offset", params.source.space, None).fit(labels(drawn(3), np.array([-1e9, -2e9, -3e9])))
    with pytest.raises(InputError, match="expected values above 0, found -"):
        Calibrated(below, "line", params.source.space).fit(labels(drawn(12), np.arange(12.0)))
