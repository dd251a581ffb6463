"""Predictors that packages bring."""

from __future__ import annotations

import pytest

import lpzero
from lpzero.errors import InputError
from lpzero.predictors.brought import brought
from tests.conftest import Install

CODE = """
from dataclasses import dataclass
from lpzero.predictors import Prediction, PredictionStatus

@dataclass(frozen=True)
class Deepest:
    source: object
    level: float
    name = "deepest"
    cost = "cheap"
    higher_is_better = False
    in_unit = False

    def fit(self, labelled):
        return self

    def predict(self, architectures):
        return [
            Prediction(float(one.depth), None, None, PredictionStatus.OK, None, self.name) for one in architectures
        ]

def nothing(source, level):
    return 3
"""
ENTRIES = {"predictors": {"deepest": "Deepest", "nothing": "nothing"}}


def test_one_is_evaluated_beside_the_trivial_ones(install: Install) -> None:
    install("lpzero_predictor", CODE, ENTRIES)
    result = lpzero.evaluate_predictor("gpt2-own", "deepest", labels=8, splits=2, features=["spec"])
    assert result.rows[0].predictor == "deepest"
    with pytest.raises(InputError, match="`calibrate`: deepest is fitted to the labels"):
        lpzero.evaluate_predictor("gpt2-own", "deepest", labels=8, splits=2, features=["spec"], calibrate="line")


def test_what_is_no_predictor_is_refused(install: Install) -> None:
    install("lpzero_predictor", CODE, ENTRIES)
    with pytest.raises(InputError, match=r"predictor 'nothing': expected a lpzero.predictors.Predictor, found int"):
        lpzero.evaluate_predictor("gpt2-own", "nothing", labels=8, splits=2, features=["spec"])
    assert brought("ridge") is None
