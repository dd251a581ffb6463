"""A distilled predictor is its teacher, fitted to the labels, and a student of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lpzero.predictors import Labelled, Regression, Source
from lpzero.predictors.distilled import BOOSTING, Distilled, draw_pool


def test_it_is_fitted_through_its_teacher(told: Source, drawn: Callable[[int], Any]) -> None:
    some = drawn(14)
    quality = np.array([3 - 0.002 * one["d_model"] - 0.1 * one.depth for one in some])
    labelled = Labelled(some, quality, False, 0.01)
    pool = draw_pool(told.space, 150, 0)
    predictor = Distilled(Regression("ridge", told), BOOSTING, told, pool, 0)
    student = predictor.fit(labelled)
    assert (predictor.name, predictor.cost, student.name) == ("distilled ridge", "cheap", "distilled ridge")
    assert (student.noise, set(student.labels), student.learnt) == (0.01, set(some), 150)
    teacher = Regression("ridge", told).fit(labelled)
    wanted, said = ([one.value for one in of.predict(pool)] for of in (teacher, student))
    assert np.corrcoef(wanted, said)[0, 1] > 0.99
    turned = Labelled(some[::-1], quality[::-1], False, 0.01)
    assert predictor.fit(turned).predict(pool[:5]) == student.predict(pool[:5])
