"""Agreement is that of what both have a value of, and the student takes for known."""

from __future__ import annotations

import pytest

from lpzero.predictors import Prediction, PredictionStatus
from lpzero.predictors.distilled.agreement import agreement


def said(value: float | None, inside: bool | None = True) -> Prediction:
    status = PredictionStatus.FAILED if value is None else PredictionStatus.OK
    return Prediction(value, None, None, status, inside, "x")


def test_it_is_worked_out_by_hand() -> None:
    teacher = [said(1.0), said(2.0), said(3.0), said(9.0, inside=False), said(None)]
    student = [said(1.1), said(2.9), said(2.8), said(0.0, inside=False), said(5.0)]
    found = agreement(teacher, student)
    assert (found.n, found.tau_a) == (3, pytest.approx(1 / 3, abs=1e-6))
    assert found.mae == pytest.approx((0.1 + 0.9 + 0.2) / 3)
    assert found.support == 1.0


def test_of_hardly_any_nothing_is_said() -> None:
    found = agreement([said(1.0, inside=None)], [said(1.0)])
    assert (found.n, found.tau_a, found.mae, found.support) == (1, None, None, None)
