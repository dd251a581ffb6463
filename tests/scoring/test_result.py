"""The documents of scores: read back as they were written, and nothing else beside."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from pydantic import ValidationError

from lpzero.errors import InputError
from lpzero.result import read_result
from lpzero.scoring.result import ModelScore, RankedModel, ScoreResult, ScoresResult

MODEL: dict[str, Any] = {
    **{"model": "m.json", "space": "gpt2", "protocol": "own", "params": 3},
    "costs": {"params": 3, "nonembedding": 2, "bytes": 12, "flops": 1.5},
    **{"seed": 0, "batch_sha256": "0" * 64, "notes": ["n"]},
    "scores": [{"proxy": "snip", "value": -1.5, "direction": "lower", "status": "ok", "seconds": 0.1}],
    "percentiles": {"space": "gpt2", "protocol": "own", "drawn": 2, "of": {"snip": 50.0}},
}
ONE = {"schema": 1, **MODEL}
SEVERAL = {"schema": 1, "seed": 0, "models": [{**MODEL, "mean_rank": 1.0}, {**MODEL, "mean_rank": None}]}


@pytest.mark.parametrize(("kind", "document"), [(ModelScore, MODEL), (ScoreResult, ONE), (ScoresResult, SEVERAL)])
def test_a_document_is_written_as_it_was_read(kind: type[Any], document: dict[str, Any]) -> None:
    found = read_result(kind, json.loads(json.dumps(document)), "x", of="a score", remedy="score again")
    assert found.to_json() == document
    assert kind.model_validate(found.to_json()) == found


def test_the_document_begins_with_its_schema() -> None:
    made = ScoreResult(schema_=1, **dict(ModelScore.model_validate(MODEL)))
    assert made.to_json() == ONE
    ranked = RankedModel(mean_rank=2.0, **dict(ModelScore.model_validate(MODEL)))
    assert ranked.to_json() == {**MODEL, "mean_rank": 2.0}
    assert next(iter(ScoresResult(schema_=1, seed=0, models=[ranked]).to_json())) == "schema"


@pytest.mark.parametrize("place", ["", "costs", "percentiles", "scores"])
def test_a_key_that_is_not_one_of_ours_is_refused(place: str) -> None:
    document = json.loads(json.dumps(MODEL))
    part = document if not place else document[place][0] if place == "scores" else document[place]
    part["more"] = 1
    with pytest.raises(ValidationError):
        ModelScore.model_validate(document)


@pytest.mark.parametrize(
    ("key", "value"),
    [("params", math.nan), ("params", "3"), ("params", True), ("seed", 0.0), ("model", None), ("scores", None)],
)
def test_a_value_of_another_type_is_named(key: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"^x: expected the result of a score, found {key}.*: again$"):
        read_result(ModelScore, {**MODEL, key: value}, "x", of="a score", remedy="again")


def test_a_result_is_not_changed() -> None:
    found = ModelScore.model_validate(MODEL)
    with pytest.raises(ValidationError, match="frozen"):
        found.seed = 3
