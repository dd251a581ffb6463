"""The noise of training, and the ceiling that it puts on any proxy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.errors import InputError
from lpzero.fitness import correlate
from lpzero.fitness.noise import measure_noise, tau_ceiling


def test_the_noise_of_pairs_is_half_the_squared_difference() -> None:
    quality = np.array([1.0, 2.0, 5.0, 5.5, 9.0])
    noise = measure_noise(quality, np.array([0, 0, 1, 1, 2]))
    assert noise is not None
    assert noise.deviation == pytest.approx(math.sqrt((1.0 / 2 + 0.25 / 2) / 2))
    assert (noise.repeated, noise.freedom) == (2, 2)


def test_one_group_has_the_sample_deviation() -> None:
    quality = np.array([1.0, 2.0, 4.0, 8.0])
    noise = measure_noise(quality, np.zeros(4, dtype=int))
    assert noise is not None
    assert noise.deviation == pytest.approx(quality.std(ddof=1))
    assert (noise.repeated, noise.freedom) == (1, 3)


def test_the_interval_of_a_deviation_is_that_of_the_tables() -> None:
    # chi-square with 9 degrees of freedom: 2.70 and 19.02 at 2.5 % and 97.5 %, from any printed table
    quality = np.repeat(np.arange(9.0), 2) + np.tile([0.0, 1.0], 9)
    noise = measure_noise(quality, np.repeat(np.arange(9), 2))
    assert noise is not None
    assert noise.freedom == 9
    assert noise.interval == pytest.approx((math.sqrt(4.5 / 19.02), math.sqrt(4.5 / 2.70)), rel=1e-3)


def test_the_interval_holds_the_deviation_that_was_put_in_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    groups = np.repeat(np.arange(6), 2)
    found = [measure_noise(rng.normal(0, 0.3, size=12), groups) for _ in range(1000)]
    held = [noise is not None and noise.interval[0] <= 0.3 <= noise.interval[1] for noise in found]
    # 95 % of 1000, give or take three standard deviations of 6.9
    assert np.sum(held) == pytest.approx(950, abs=21)


def test_no_noise_is_known_where_nothing_was_repeated() -> None:
    assert measure_noise(np.array([1.0, 2.0]), np.array([0, 1])) is None


def test_the_noise_that_was_put_in_is_found() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(size=4000)
    quality = np.concatenate([true, true]) + rng.normal(0, 0.2, size=8000)
    noise = measure_noise(quality, np.tile(np.arange(4000), 2))
    assert noise is not None
    assert noise.deviation == pytest.approx(0.2, rel=0.03)


def test_the_ceiling_without_noise_is_one() -> None:
    assert tau_ceiling(np.arange(10.0), 0.0, np.random.default_rng(0)) == pytest.approx(1.0)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
def test_the_ceiling_of_normal_qualities_is_greiners(share: float) -> None:
    # Truth and measurement are normal with correlation r = sqrt(1 - noise / variance), so that tau = 2/pi asin(r).
    rng = np.random.default_rng(1)
    quality = rng.normal(size=400)
    quality = (quality - quality.mean()) / quality.std(ddof=1)
    expected = 2 / math.pi * math.asin(math.sqrt(1 - share**2))
    assert tau_ceiling(quality, share, np.random.default_rng(2)) == pytest.approx(expected, abs=0.02)


def test_the_ceiling_is_what_truth_reaches_against_a_measurement() -> None:
    rng = np.random.default_rng(3)
    true = rng.uniform(size=120)
    measured = true + rng.normal(0, 0.05, size=(200, 120))
    reached = np.mean([correlate(true, drawn).tau_a for drawn in measured])
    assert tau_ceiling(measured[0], 0.05, np.random.default_rng(4)) == pytest.approx(reached, abs=0.02)


@settings(deadline=None, max_examples=10)
@given(st.floats(0.0, 0.4), st.floats(0.05, 0.4))
def test_more_noise_lowers_the_ceiling(less: float, more: float) -> None:
    quality = np.random.default_rng(5).normal(size=30)
    ceilings = [tau_ceiling(quality, d, np.random.default_rng(6)) for d in (less, less + more)]
    assert ceilings[0] > ceilings[1]


@pytest.mark.parametrize(("quality", "deviation"), [([1.0], 0.1), ([1.0, 1.1], 0.5), ([1.0, 2.0], -0.1)])
def test_noise_above_the_spread_has_no_ceiling(quality: list[float], deviation: float) -> None:
    with pytest.raises(InputError, match="spread more than the noise"):
        tau_ceiling(np.array(quality), deviation, np.random.default_rng(0))


def test_the_ceiling_takes_the_shape_of_the_measured_noise() -> None:
    rng = np.random.default_rng(11)
    true = rng.normal(size=300)
    noise = rng.standard_t(2, size=(2, 300)) * 0.2
    measured = measure_noise(np.concatenate([true + noise[0], true + noise[1]]), np.tile(np.arange(300), 2))
    assert measured is not None
    assert measured.normality is not None
    assert measured.normality < 1e-6
    reached = np.mean([correlate(true, true + drawn).tau_a for drawn in noise])
    shaped = tau_ceiling(true + noise[0], measured.deviation, np.random.default_rng(0), measured.residuals)
    normal = tau_ceiling(true + noise[0], measured.deviation, np.random.default_rng(0))
    assert shaped == pytest.approx(reached, abs=0.03)
    assert normal < reached - 0.05


def test_residuals_have_the_deviation_of_the_noise() -> None:
    quality = np.array([1.0, 2.0, 5.0, 5.5, 9.0, 9.0, 9.3])
    noise = measure_noise(quality, np.array([0, 0, 1, 1, 2, 3, 3]))
    assert noise is not None
    assert math.sqrt((noise.residuals**2).mean()) == pytest.approx(noise.deviation)
    assert len(noise.residuals) == 6
