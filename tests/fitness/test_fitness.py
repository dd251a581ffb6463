"""Outcomes: a status instead of a magic number."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.fitness import Status, judge


@pytest.mark.parametrize(
    ("scores", "status"),
    [
        ([1.0, np.nan, 2.0], Status.NONFINITE),
        ([1.0, np.inf, 2.0], Status.OVERFLOW),
        ([1.0, -np.inf, np.inf], Status.OVERFLOW),
        ([np.nan, np.inf, 2.0], Status.NONFINITE),
        ([1.0, 1.0, 1.0], Status.CONSTANT),
        ([2e-38, 2e-38, 2e-38], Status.CONSTANT),
        ([1e-38, 1e-38, 1e-38], Status.UNDERFLOW),
        # it may be 0 in truth
        ([0.0, -0.0, 0.0], Status.CONSTANT),
        ([-5e-324, -5e-324, -5e-324], Status.UNDERFLOW),
        # what still differs still ranks
        ([0.0, 5e-324, 0.0], Status.OK),
        ([1.0, 3.0, 2.0], Status.OK),
    ],
)
def test_the_status_says_what_came_of_it(scores: list[float], status: Status) -> None:
    outcome = judge(np.array(scores), np.array([1.0, 2.0, 3.0]))
    assert outcome.status is status
    assert (outcome.correlation is not None) == (status is Status.OK) == outcome.ok


def test_constant_quality_has_no_correlation() -> None:
    assert judge(np.array([1.0, 2.0]), np.array([5.0, 5.0])).status is Status.CONSTANT
