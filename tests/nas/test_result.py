"""The result of a search: a document that is read is written again unchanged, and one without its parts is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.nas.result import SearchResult
from lpzero.result import read_result

PICK: dict[str, Any] = {"key": "a", "score": 0.5, "scores": [0.5], "costs": {"params": 10, "flops": 2.5}}
DIFFERENCE = {"mean": -0.1, "interval": [-0.2, 0.0]}
DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "run": "runs/1",
    "seed": 0,
    "proxies": [{"proxy": "params", "direction": "higher"}],
    "algorithm": "guided",
    "scored": 3,
    "failed": 1,
    "limits": {"params": 20},
    "against": "params",
    "best": [PICK],
    "front": [PICK],
    "controls": {"random": PICK, "largest": {**PICK, "score": None, "scores": []}, "params": None},
    "truth": {name: {"quality": 1.0, "regret": 0.0, "percentile": 100.0} for name in ("found", "random", "largest")},
    "proof": {
        "table": "gpt2-own",
        "losses": {"found": [{"key": "a", "status": "ok", "loss": 2.0}], "random": []},
        "means": {"found": 2.0, "random": 2.1},
        "difference": {"random": DIFFERENCE},
    },
    "seconds": 1.5,
}


def read(document: dict[str, Any]) -> SearchResult:
    return read_result(SearchResult, document, "result.json", of="a search", remedy="begin a new search")


def test_a_document_is_written_again_as_it_was_with_keys_of_another_version() -> None:
    document = {**DOCUMENT, "colour": {"of": ["another", "version"]}}
    assert read(document).to_json() == document
    assert list(read(DOCUMENT).to_json()) == list(DOCUMENT)
    without = {**DOCUMENT, "truth": None, "proof": None}
    assert read(without).to_json() == without


Change = Callable[[dict[str, Any]], object]
DAMAGES: dict[str, tuple[Change, str]] = {
    "another schema": (lambda d: d.update(schema=2), "schema: Input should be 1"),
    "no best": (lambda d: d.update(best=[]), "best: List should have at least 1 item"),
    "no seconds": (lambda d: d.pop("seconds"), "seconds: none"),
    "an unknown cost": (lambda d: d["best"][0]["costs"].update(colour=1), "best.0.costs.colour"),
    "costs of another kind": (
        lambda d: d["controls"]["random"]["costs"].pop("flops"),
        "expected the costs of the best in random",
    ),
    "no truth of a control": (lambda d: d["truth"].pop("largest"), "expected the truth of largest"),
    "no truth of the best": (lambda d: d["truth"].update(found=None), "expected the truth of found"),
    "a proof without a mean": (
        lambda d: d["proof"]["means"].pop("random"),
        "proof: expected a mean and a difference for each group",
    ),
    "a proof without a difference": (
        lambda d: d["proof"]["difference"].clear(),
        "proof: expected a mean and a difference for each group",
    ),
    "an interval of one end": (lambda d: d["proof"]["difference"]["random"].update(interval=[1.0]), "interval"),
    "a score that is none": (lambda d: d["best"][0].update(score=float("nan")), "best.0.score"),
    "a text for a number": (lambda d: d.update(scored="3"), "scored: Input should be a valid integer"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_document_is_refused_with_the_key(damage: str) -> None:
    change, found = DAMAGES[damage]
    document = json.loads(json.dumps(DOCUMENT))
    change(document)
    with pytest.raises(InputError) as raised:
        read(document)
    text = str(raised.value)
    assert text.startswith("result.json: expected the result of a search, found ")
    assert text.endswith(": begin a new search")
    assert found in text


def test_the_best_has_no_difference_of_its_own() -> None:
    assert "found" not in read(DOCUMENT).proof.difference  # type: ignore[union-attr]


def test_a_pick_without_a_score_and_a_missing_control_are_fine() -> None:
    result = read(DOCUMENT)
    largest = result.controls["largest"]
    assert largest is not None
    assert largest.score is None
    assert result.controls["params"] is None
