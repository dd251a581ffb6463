"""A gain beside the noise of training: scipy's tests, their size and power simulated."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lpzero.predictors.gate.gain import MOST, POWER, SIZE, Gain, measured_gain, power
from lpzero.predictors.gate.seed_noise import SeedNoise

BASE, CANDIDATE = [1.0, 1.2, 1.1], [1.3, 1.24]


def judged(base: list[float], candidate: list[float], noise: SeedNoise | None, *, higher: bool = True) -> Gain:
    found = measured_gain(base, candidate, higher_is_better=higher, noise=noise)
    assert found is not None
    return found


def test_seeds_alone_are_student_s_test_of_two_samples() -> None:
    found, wanted = judged(BASE, CANDIDATE, None), stats.ttest_ind(CANDIDATE, BASE)
    assert found.gain == pytest.approx(np.mean(CANDIDATE) - np.mean(BASE))
    assert found.p == pytest.approx(wanted.pvalue)
    ends = wanted.confidence_interval(0.95)
    assert found.interval == pytest.approx((ends.low, ends.high))


def test_a_noise_that_is_given_is_the_normal_test() -> None:
    found = judged(BASE, CANDIDATE, SeedNoise(0.1))
    z = found.gain / (0.1 * math.sqrt(1 / 3 + 1 / 2))
    assert found.p == pytest.approx(2 * stats.norm.sf(z))
    assert found.detectable == pytest.approx(
        (stats.norm.ppf(1 - SIZE / 2) + stats.norm.ppf(POWER)) * found.gain / z, rel=1e-4
    )


def test_a_loss_that_falls_is_a_gain() -> None:
    noise = SeedNoise(0.01)
    assert judged([2.0], [1.9], noise, higher=False).verdict == "better"
    assert judged([2.0], [1.9], noise).verdict == "worse"
    assert judged([2.0], [1.99], noise, higher=False).verdict == "undecided"
    up, down = judged(BASE, CANDIDATE, noise), judged(CANDIDATE, BASE, noise)
    assert (up.gain, *up.interval) == pytest.approx((-down.gain, -down.interval[1], -down.interval[0]))


def test_without_noise_any_gain_is_one_and_none_is_none() -> None:
    exact = SeedNoise(0.0)
    assert judged([1.0], [1.0 + 1e-9], exact).verdict == "better"
    same = judged([1.0], [1.0], exact)
    assert (same.gain, same.p, same.verdict, same.more_seeds) == (0.0, 1.0, "undecided", None)
    assert measured_gain([1.0], [2.0], higher_is_better=True, noise=None) is None


@pytest.mark.property
@settings(max_examples=25, deadline=None)
@given(
    gain=st.floats(0.001, 0.2),
    base=st.integers(1, 4),
    candidate=st.integers(1, 4),
    freedom=st.sampled_from([1.0, 3.0, 24.0, math.inf]),
)
def test_the_seeds_that_would_decide_are_the_fewest(gain: float, base: int, candidate: int, freedom: float) -> None:
    noise = SeedNoise(0.1, freedom)
    # equal seeds would shrink a noise that was measured: of one seed each there is nothing to pool
    if not math.isinf(freedom):
        base = candidate = 1
    found = judged([1.0] * base, [1.0 + gain] * candidate, noise)

    def decides(more: int) -> bool:
        error = 0.1 * math.sqrt(1 / (base + more) + 1 / (candidate + more))
        return power(gain / error, freedom + 2 * more) >= POWER

    if found.verdict != "undecided":
        assert found.more_seeds == 0
    elif found.more_seeds is None:
        assert not decides(MOST)
    else:
        assert decides(found.more_seeds)
        assert found.more_seeds == 1 or not decides(found.more_seeds - 1)


@pytest.mark.parametrize("freedom", [1.0, 4.0, math.inf])
def test_what_is_detectable_is_found_with_that_power(freedom: float) -> None:
    found = judged([1.0], [1.0], SeedNoise(0.1, freedom))
    assert power(found.detectable / (0.1 * math.sqrt(2)), freedom) == pytest.approx(POWER, abs=1e-5)


@pytest.mark.parametrize("freedom", [3.0, math.inf])
def test_power_is_the_share_of_tests_that_find_a_difference(freedom: float) -> None:
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=200_000)
    spread = np.sqrt(rng.chisquare(freedom, size=200_000) / freedom) if math.isfinite(freedom) else 1.0
    for ahead in (0.0, 1.5, 3.0):
        share = (np.abs(drawn + ahead) / spread > stats.t.ppf(1 - SIZE / 2, freedom)).mean()
        assert power(ahead, freedom) == pytest.approx(share, abs=0.005)


def test_one_of_twenty_differences_that_are_none_is_found() -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(120):
        base, candidate = rng.normal(size=2).tolist(), rng.normal(size=3).tolist()
        # a table's noise of four degrees of freedom, drawn anew
        table = SeedNoise(math.sqrt(rng.chisquare(4) / 4), 4)
        found.append(judged(base, candidate, table).verdict != "undecided")
    assert stats.binomtest(sum(found), len(found), SIZE).pvalue > 0.01
