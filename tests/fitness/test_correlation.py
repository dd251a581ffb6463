"""Rank correlation against scipy and against counting pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lpzero.errors import InputError
from lpzero.fitness import correlate

values = st.lists(st.integers(-5, 5), min_size=2, max_size=40)


def _pairs(x: np.ndarray, y: np.ndarray) -> float:
    signs = np.sign(x[:, None] - x[None]) * np.sign(y[:, None] - y[None])
    return float(signs.sum() / 2)


@pytest.mark.property
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_agrees_with_scipy_and_with_counting(data: st.DataObject) -> None:
    x = np.array(data.draw(values), dtype=float)
    y = np.array(data.draw(st.lists(st.integers(-5, 5), min_size=len(x), max_size=len(x))), dtype=float)
    if len(set(x)) < 2 or len(set(y)) < 2:
        with pytest.raises(InputError, match="found a constant"):
            correlate(x, y)
        return
    found = correlate(x, y)
    pairs = len(x) * (len(x) - 1) / 2
    assert found.tau_b == pytest.approx(stats.kendalltau(x, y).statistic)
    assert found.rho == pytest.approx(stats.spearmanr(x, y).statistic)
    assert found.tau_a == pytest.approx(_pairs(x, y) / pairs)
    assert found.distinct == len(set(x)) / len(x)
    flipped, again = correlate(-x, y), found.flipped()
    assert (flipped.tau_a, flipped.tau_b, flipped.rho) == pytest.approx((again.tau_a, again.tau_b, again.rho))


def test_tau_b_rewards_ties_and_tau_a_does_not() -> None:
    quality = np.arange(10.0)
    halves = (quality >= 5).astype(float)
    found = correlate(halves, quality)
    assert found.tau_a == pytest.approx(25 / 45)
    assert found.tau_b == pytest.approx(0.745, abs=1e-3)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([1.0, 2.0], [1.0, 2.0, 3.0], "one length"),
        ([1.0], [1.0], "one length"),
        ([1.0, np.nan], [1.0, 2.0], "finite"),
        ([1.0, np.inf], [1.0, 2.0], "finite"),
        ([1.0, 1.0], [1.0, 2.0], "constant"),
    ],
)
def test_refuses_what_has_no_correlation(x: list[float], y: list[float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        correlate(np.array(x), np.array(y))
