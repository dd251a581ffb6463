"""The result of a search by a schedule comes back from its document, which is one of a search."""

from __future__ import annotations

from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.nas.result import SearchResult
from lpzero.nas.schedule.result import ScheduleResult
from lpzero.result import read_result

PICK = {"key": "k", "score": 1.0, "scores": [1.0], "costs": {"params": 3}, "intervals": {}, "config": ""}
DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "run": "runs/x",
    "seed": 0,
    "proxies": [{"proxy": "params", "direction": "higher"}],
    "algorithm": "schedule",
    "scored": 3,
    "failed": 0,
    "limits": {},
    "against": "params",
    "best": [PICK],
    "front": [PICK],
    "controls": {"random": None, "largest": PICK, "params": None},
    "truth": None,
    "proof": None,
    "seconds": 1.5,
    "evolution": {
        "population": 6,
        "parents": 2,
        "mutants": 2,
        "crossovers": 2,
        "iterations": 2,
        "mutation": 0.3,
    },
    "phases": [
        {"begins": 0, "ends": 1, "predictor": "params", "direction": "higher", "scored": 3, "best": "k", "score": 1.0}
    ],
    "predictors": [
        {
            "predictor": "params",
            "kind": "proxy",
            "direction": "higher",
            "calls": 3,
            "without_cache": 12,
            "control_calls": 0,
            "failed": 0,
            "extrapolated": 0,
            "seconds": 0.5,
        }
    ],
}


def read(kind: type[SearchResult], document: dict[str, Any]) -> SearchResult:
    return read_result(kind, document, "result.json", of="a search", remedy="begin a new search")


def test_a_document_comes_back_and_is_one_of_a_search() -> None:
    assert read(ScheduleResult, DOCUMENT).to_json() == DOCUMENT
    assert read(SearchResult, DOCUMENT).to_json() == DOCUMENT


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"phases": []}, "phases: "),
        ({"predictors": []}, "predictors: "),
        ({"algorithm": "guided"}, "algorithm: "),
        ({"evolution": {}}, "evolution.population: none"),
    ],
)
def test_what_is_missing_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(ScheduleResult, {**DOCUMENT, **changes})
