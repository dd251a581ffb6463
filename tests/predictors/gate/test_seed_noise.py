"""The noise of training, given, measured, and pooled with seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.fitness.noise import measure_noise
from lpzero.predictors.gate.seed_noise import SeedNoise, pooled_noise

BASE, CANDIDATE = [1.0, 1.2, 1.1], [2.0, 2.3]


def test_seeds_alone_tell_it_as_the_trainings_of_a_table_do() -> None:
    found = pooled_noise(None, BASE, CANDIDATE)
    wanted = measure_noise(np.array(BASE + CANDIDATE), np.array([0] * 3 + [1] * 2))
    assert found is not None
    assert wanted is not None
    assert (found.deviation, found.freedom) == (pytest.approx(wanted.deviation), wanted.freedom)


def test_one_that_was_measured_is_pooled_by_its_freedom() -> None:
    found = pooled_noise(SeedNoise(0.2, 6), BASE, CANDIDATE)
    squares = 6 * 0.2**2 + 2 * np.var(BASE, ddof=1) + np.var(CANDIDATE, ddof=1)
    assert found is not None
    assert (found.deviation, found.freedom) == (pytest.approx(math.sqrt(squares / 9)), 9)


def test_one_that_was_given_stays_and_one_seed_tells_nothing() -> None:
    given = SeedNoise(0.2)
    assert pooled_noise(given, BASE, CANDIDATE) is given
    assert pooled_noise(SeedNoise(0.2, 6), [1.0], ()) == SeedNoise(0.2, 6)
    assert pooled_noise(None, [1.0], [2.0]) is None
    assert pooled_noise(None) is None


def test_seeds_that_all_agree_are_one_seed_written_twice() -> None:
    with pytest.raises(InputError, match="expected trainings with different seeds, found equal qualities"):
        pooled_noise(None, [1.0, 1.0], [2.0, 2.0])


@pytest.mark.parametrize("deviation", [-0.1, math.nan, math.inf])
def test_a_noise_is_one(deviation: float) -> None:
    with pytest.raises(InputError, match="`noise`: expected a standard deviation of at least 0"):
        SeedNoise(deviation)
