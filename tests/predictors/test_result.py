"""The results of predictors round-trip as JSON, and have no number that is not finite."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from lpzero.predictors.result import FitResult, PredictionRow, PredictResult, SpreadOver
from lpzero.result import read_result


def test_a_document_is_read_back() -> None:
    row = PredictionRow(
        id="a", value=1.5, low=None, high=None, status="ok", in_support=None, source="ridge", reason=None
    )
    result = PredictResult(
        schema_=1, predictor="ridge", space="gpt2", protocol="own", direction="lower", labels=8, level=0.9, rows=[row]
    )
    document = json.loads(json.dumps(result.to_json()))
    assert document["rows"][0]["value"] == 1.5
    assert read_result(PredictResult, document, "x", of="predictions", remedy="again") == result


def test_no_figure_is_a_sentinel() -> None:
    assert SpreadOver(mean=None, sd=None, interval=None).to_json() == {"mean": None, "sd": None, "interval": None}
    with pytest.raises(ValidationError):
        SpreadOver(mean=float("nan"))
    with pytest.raises(ValidationError):
        FitResult.model_validate({"schema": 1, "predictor": "ridge"})
