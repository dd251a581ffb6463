"""Comparisons with baselines and Holm's correction, against scipy and against swapping one by one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lpzero.fitness import correlate
from lpzero.fitness.compare import compare, holm, swap_effects
from lpzero.fitness.correlation import net_pairs


def _drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores and qualities with ties."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(size=n).round(1)
    return (quality + rng.normal(size=n)).round(1), quality


def test_effects_of_swaps_are_those_of_swapping() -> None:
    x, y = _drawn(25)
    other = _drawn(25, seed=1)[0] * 1000
    effects = swap_effects(x, other, y)
    a, b = stats.rankdata(x), stats.rankdata(other)
    rng = np.random.default_rng(0)
    for _ in range(20):
        swapped = rng.random(25) < 0.5
        first, second = np.where(swapped, b, a), np.where(swapped, a, b)
        expected = net_pairs(first, y) - net_pairs(second, y)
        assert (effects * np.where(swapped, -1, 1)).sum() == pytest.approx(expected, abs=1e-9)


def test_the_swapping_test_is_scipys_on_pairs_of_ranks() -> None:
    x, y = _drawn(8)
    other = _drawn(8, seed=1)[0]
    (found,) = compare(x, other[None], y, np.arange(8), np.random.default_rng(0), resamples=500)
    # eight architectures have 2^8 swaps: both tests try them all
    expected = stats.permutation_test(
        (stats.rankdata(x), stats.rankdata(other)),
        lambda one, two: net_pairs(one, y) - net_pairs(two, y),
        permutation_type="samples",
        vectorized=False,
        n_resamples=500,
    )
    assert found.p_swap == pytest.approx(expected.pvalue)


def test_a_comparison_by_hand_and_by_its_own_intervals() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=120)
    good, same, poor = y + 0.2 * rng.normal(size=120), y + 0.2 * rng.normal(size=120), rng.normal(size=120)
    groups = np.arange(120)
    baselines = np.stack([good, same, poor])
    itself, close, far = compare(good, baselines, y, groups, np.random.default_rng(0))
    assert far.difference == pytest.approx(correlate(good, y).tau_a - correlate(poor, y).tau_a, abs=1e-12)
    assert far.interval[0] < far.difference < far.interval[1]
    assert far.interval[0] > 0.5
    # no resample lies on the other side of 0
    assert far.p == pytest.approx(2 / 2001)
    assert far.p_swap < 0.01
    assert far.p_holm == pytest.approx(3 * far.p)
    assert (itself.difference, itself.interval, itself.p, itself.p_swap) == (0.0, (0.0, 0.0), 1.0, 1.0)
    assert close.interval[0] < 0 < close.interval[1]
    assert min(close.p, close.p_swap) > 0.01


def test_p_values_of_equal_proxies_are_small_as_rarely_as_they_say() -> None:
    rng = np.random.default_rng(0)
    small = np.zeros(2)
    for _ in range(100):
        y = rng.normal(size=40)
        x, other = y + rng.normal(size=(2, 40))
        (found,) = compare(x, other[None], y, np.arange(40), rng, resamples=200)
        small += [found.p < 0.1, found.p_swap < 0.1]
    # 10 of 100 on average, 3 a standard deviation
    assert (small <= 19).all()
    assert (small >= 3).all()


def test_duplicates_are_drawn_and_swapped_together() -> None:
    x, y = _drawn(20)
    other = _drawn(20, seed=1)[0]
    copied = [np.repeat(values, 4) + np.tile([0, 1e-6, 2e-6, 3e-6], 20) for values in (x, other, y)]
    (apart,) = compare(copied[0], copied[1][None], copied[2], np.arange(80), np.random.default_rng(0))
    (grouped,) = compare(copied[0], copied[1][None], copied[2], np.repeat(np.arange(20), 4), np.random.default_rng(0))
    assert grouped.difference == apart.difference
    assert np.ptp(grouped.interval) > 1.5 * np.ptp(apart.interval)
    assert grouped.p_swap > apart.p_swap


def test_holm_by_hand() -> None:
    # sorted .005, .01, .03, .04 by 4, 3, 2, 1 are .02, .03, .06, .04; none may be below the one before it
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]
    assert holm(np.array([])).tolist() == []
