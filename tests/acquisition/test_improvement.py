"""Expected improvement against the integral that it is, far behind the best as well."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from lpzero.acquisition.belief import Belief
from lpzero.acquisition.improvement import ACQUISITIONS, IMPROVEMENT, VALUE, chance, log_expected_improvement


@pytest.mark.parametrize("mean", [-6.0, -1.5, -0.9, 0.0, 2.0])
@pytest.mark.parametrize("deviation", [0.3, 1.0, 4.0])
def test_it_is_the_mean_of_what_lies_above_the_best(mean: float, deviation: float) -> None:
    best = 0.5
    belief = Belief(np.array([mean]), np.array([deviation]))
    density = stats.norm(mean, deviation).pdf
    integral, _ = integrate.quad(lambda y: (y - best) * density(y), best, best + 40 * deviation, epsabs=0)
    assert log_expected_improvement(belief, best)[0] == pytest.approx(np.log(integral), rel=1e-6)
    above, _ = integrate.quad(density, best, best + 40 * deviation, epsabs=0)
    assert chance(belief, best)[0] == pytest.approx(above, rel=1e-6)


def test_what_is_hopeless_is_ranked_still() -> None:
    means = -np.logspace(0, 5, 400)
    found = log_expected_improvement(Belief(means, np.ones(400)), 0.0)
    assert np.isfinite(found).all()
    assert (np.diff(found[means > -1e4]) < 0).all()


def test_the_less_sure_of_two_promises_more_and_is_worth_as_much() -> None:
    belief = Belief(np.array([-1.0, -1.0]), np.array([0.1, 2.0]))
    sure, unsure = ACQUISITIONS[IMPROVEMENT](belief, 0.0)
    assert unsure > sure
    assert ACQUISITIONS[VALUE](belief, 0.0).tolist() == [-1.0, -1.0]
