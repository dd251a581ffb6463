"""Comparisons with baselines and Holm's correction, against scipy and against swapping one by one."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from lpzero.errors import InputError
from lpzero.fitness import correlate
from lpzero.fitness.compare import compare, holm, share_left, swap_effects
from lpzero.fitness.correlation import net_pairs
from lpzero.fitness.strata import matched


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


def test_effects_over_some_pairs_are_those_of_swapping_counted_over_them() -> None:
    x, y = _drawn(25)
    other, pairs = _drawn(25, seed=1)[0] * 1000, matched(np.random.default_rng(2).integers(100, 200, 25))
    effects = swap_effects(x, other, y, pairs)
    a, b = stats.rankdata(x), stats.rankdata(other)
    rng = np.random.default_rng(0)
    for _ in range(20):
        swapped = rng.random(25) < 0.5
        first, second = np.where(swapped, b, a), np.where(swapped, a, b)
        expected = _net(first, y, pairs) - _net(second, y, pairs)
        assert (effects * np.where(swapped, -1, 1)).sum() == pytest.approx(expected, abs=1e-9)
    assert swap_effects(x, other, y, np.ones((25, 25))) == pytest.approx(swap_effects(x, other, y))


def _net(scores: np.ndarray, quality: np.ndarray, pairs: np.ndarray) -> float:
    """Concordant less discordant pairs among those that count, one by one."""
    return sum(
        float(np.sign(scores[i] - scores[j]) * np.sign(quality[i] - quality[j]))
        for i, j in combinations(range(len(scores)), 2)
        if pairs[i, j]
    )


def test_over_some_pairs_the_difference_is_counted_and_the_swaps_are_scipys() -> None:
    x, y = _drawn(8)
    other, pairs = _drawn(8, seed=1)[0], matched(np.array([10, 11, 12, 20, 21, 22, 23, 24]))
    (found,) = compare(x, other[None], y, np.arange(8), np.random.default_rng(0), pairs=pairs, resamples=500)
    number = pairs.sum() / 2
    assert found.difference == pytest.approx((_net(x, y, pairs) - _net(other, y, pairs)) / number)
    # eight architectures have 2^8 swaps: both tests try them all
    expected = stats.permutation_test(
        (stats.rankdata(x), stats.rankdata(other)),
        lambda one, two: _net(one, y, pairs) - _net(two, y, pairs),
        permutation_type="samples",
        vectorized=False,
        n_resamples=500,
    )
    assert found.p_swap == pytest.approx(expected.pvalue)


def test_no_pair_that_counts_is_refused() -> None:
    x, y = _drawn(8)
    with pytest.raises(InputError, match="expected pairs of architectures to compare on, found none that counts"):
        compare(x, y[None], y, np.arange(8), np.random.default_rng(0), pairs=np.zeros((8, 8), dtype=bool))


def test_a_detectable_difference_is_found_with_the_probability_that_it_says() -> None:
    """What the samples call detectable, against how far their differences really spread: 1.96 + .84 times that."""
    rng = np.random.default_rng(0)
    said, differences = [], []
    for _ in range(60):
        y = rng.normal(size=60)
        x, other = y + rng.normal(size=(2, 60))
        (found,) = compare(x, other[None], y, np.arange(60), rng, resamples=300)
        said.append(found.detectable)
        differences.append(found.difference)
    assert np.mean(said) == pytest.approx(2.8016 * np.std(differences), rel=0.2)


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


def test_what_is_left_is_the_mean_tau_over_the_tau_of_before() -> None:
    before, y = _drawn(40)
    rng = np.random.default_rng(1)
    after = before + rng.normal(size=(3, 40))
    found = share_left(before, after, y, np.arange(40), np.random.default_rng(0))
    taus = [correlate(one, y).tau_a for one in after]
    assert found.share == pytest.approx(np.mean(taus) / correlate(before, y).tau_a)
    assert found.interval[0] < found.share < found.interval[1]


def test_what_nothing_was_done_to_is_left_whole_in_every_resample() -> None:
    before, y = _drawn(40)
    for kept in (before, before**3, stats.rankdata(before)):
        found = share_left(before, kept[None], y, np.arange(40), np.random.default_rng(0))
        assert (found.share, *found.interval) == pytest.approx((1.0, 1.0, 1.0))
    turned = share_left(before, -before[None], y, np.arange(40), np.random.default_rng(0))
    assert (turned.share, *turned.interval) == pytest.approx((-1.0, -1.0, -1.0))


def test_the_direction_of_the_scores_leaves_what_is_left_as_it_is() -> None:
    before, y = _drawn(40)
    after = before + np.random.default_rng(1).normal(size=40)
    up = share_left(before, after[None], y, np.arange(40), np.random.default_rng(0))
    down = share_left(-before, -after[None], y, np.arange(40), np.random.default_rng(0))
    assert up == down


def test_what_is_left_is_drawn_in_groups() -> None:
    before, y = _drawn(20)
    after = before + np.random.default_rng(1).normal(size=20)
    copied = [np.repeat(values, 4) + np.tile([0, 1e-6, 2e-6, 3e-6], 20) for values in (before, after, y)]
    apart, grouped = (
        share_left(copied[0], copied[1][None], copied[2], groups, np.random.default_rng(0))
        for groups in (np.arange(80), np.repeat(np.arange(20), 4))
    )
    assert grouped.share == apart.share
    assert np.ptp(grouped.interval) > 1.5 * np.ptp(apart.interval)


def test_a_resample_in_which_nothing_ranks_says_nothing_of_what_is_left() -> None:
    """Of four architectures one resample in 64 is four copies of one."""
    y = np.arange(4.0)
    found = share_left(y, -y[None], y, np.arange(4), np.random.default_rng(0))
    assert (found.share, *found.interval) == pytest.approx((-1.0, -1.0, -1.0))
