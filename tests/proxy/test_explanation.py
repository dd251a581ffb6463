"""An explanation as a document: the figures of its effects, rounded, and None where there are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from lpzero.errors import InputError
from lpzero.fitness import Correlation
from lpzero.fitness.strata import Stratified
from lpzero.proxy import load_proxy
from lpzero.proxy.explain import Explanation
from lpzero.proxy.explanation import ExplainResult, explain_result
from lpzero.proxy.verdict import Effect
from lpzero.result import read_result

THIRD = 1 / 3
CLOSE = Stratified(2 * THIRD, 9, (THIRD, 1.0))
ORIGINAL = Effect("original", "ok", Correlation(0.8, THIRD, 0.9, 1.0), (-THIRD, 2 * THIRD), matched=CLOSE)
KEPT = Effect(
    "tokens_redrawn", "ok", Correlation(0.1, 0.2, 0.3, 1.0), (0.0, 1.0), 2 * THIRD, THIRD, (-THIRD, 2 * THIRD)
)
DRAWN = Effect("2 redrawn initialisation(s)", "ok", Correlation(0.1, 0.2, 0.3, 1.0), (0.0, 1.0), 0.5, 0.25, (0.0, 0.5))
LOST = Effect("gradients_zero", "constant", reason="every architecture has the same score")


def _result(explanation: Explanation) -> ExplainResult:
    proxy = load_proxy("snip")
    facts: dict[str, Any] = {"table": "t", "protocol": "own", "seed": 3, "n": 8, "total": 12, "in_sample": True}
    return explain_result(explanation, proxy, **facts, left_out=3)


def test_the_document_by_hand() -> None:
    result = _result(Explanation(ORIGINAL, (KEPT, LOST), DRAWN, "gradients", ("one", "two")))
    assert result.to_json() == {
        **{"schema": 1, "proxy": "snip", "direction": "higher", "table": "t", "protocol": "own", "seed": 3, "n": 8},
        **{"in_sample": True, "left_out": 3},
        "original": {
            **{"status": "ok", "tau_a": 0.333333, "interval": [-0.333333, 0.666667], "tau_b": 0.8, "rho": 0.9},
            "matched_size": {"tau_a": 0.666667, "interval": [0.333333, 1.0], "pairs": 9, "within": 1.25},
        },
        "interventions": [
            {
                **{"name": "tokens_redrawn", "status": "ok", "tau_a": 0.2, "interval": [0.0, 1.0]},
                **{"agreement": 0.666667, "left": 0.333333, "left_interval": [-0.333333, 0.666667]},
                "matched_size": None,
            },
            {
                **{"name": "gradients_zero", "status": "constant"},
                **dict.fromkeys(("tau_a", "interval", "agreement", "left", "left_interval", "matched_size")),
            },
        ],
        "redrawn": {
            **{"name": "2 redrawn initialisation(s)", "status": "ok", "tau_a": 0.2, "interval": [0.0, 1.0]},
            **{"agreement": 0.5, "left": 0.25, "left_interval": [0.0, 0.5]},
            "matched_size": None,
        },
        **{"verdict": "gradients", "reasons": ["one", "two"]},
    }
    assert (result.total, result.faults) == (12, {"gradients_zero": "constant: every architecture has the same score"})


def test_without_other_draws_there_is_none() -> None:
    assert _result(Explanation(ORIGINAL, (KEPT,), None, "trained weights", ())).redrawn is None


def test_an_original_without_a_ranking_has_no_figures() -> None:
    bad = Effect("original", "overflow", reason="8 of 8 architectures")
    result = _result(Explanation(bad, (), None, "does not rank", ("the original scores are overflow",)))
    nothing = dict.fromkeys(("tau_a", "interval", "tau_b", "rho", "matched_size"))
    assert result.original.to_json() == {"status": "overflow", **nothing}
    assert result.faults == {"original": "overflow: 8 of 8 architectures"}


def test_a_lower_proxy_says_so(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    file.write_text('{"schema": 1, "name": "p", "formula": "sum(l1(weight))", "higher_is_better": false}')
    explanation = Explanation(ORIGINAL, (), None, "data", ())
    facts: dict[str, Any] = {"table": "t", "protocol": "p", "seed": 0, "n": 4, "total": 4, "in_sample": False}
    found = explain_result(explanation, load_proxy(str(file)), **facts, left_out=0)
    assert (found.proxy, found.direction) == ("p", "lower")


def test_figures_that_are_not_finite_are_refused() -> None:
    nan = Effect("original", "ok", Correlation(float("nan"), 0.1, 0.1, 1.0), (0.0, 1.0))
    with pytest.raises(ValidationError):
        _result(Explanation(nan, (), None, "data", ()))


def test_a_document_is_read_back() -> None:
    document = json.loads(json.dumps(_result(Explanation(ORIGINAL, (KEPT,), DRAWN, "data", ())).to_json()))
    again = read_result(ExplainResult, document, Path("x"), of="an explanation", remedy="explain again")
    assert again.to_json() == document
    assert (again.faults, again.total) == ({}, None)
    with pytest.raises(InputError, match=r"verdict: .*explain again"):
        read_result(
            ExplainResult,
            {name: value for name, value in document.items() if name != "verdict"},
            Path("x"),
            of="an explanation",
            remedy="explain again",
        )
