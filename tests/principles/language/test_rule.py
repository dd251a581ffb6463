"""The language of rules as data and as text."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from lpzero.principles.language.rule import as_text, conditions, conjuncts, features_of, levels
from tests.principles.language.test_holds import PARTS, read

DEEP = {"op": "in", "feature": "depth", "values": [4]}
MANY = {"op": "ge", "feature": "heads.mean", "value": 3.5}


@pytest.mark.parametrize(
    "rule",
    [
        {"op": "lt", "feature": "depth", "value": 4},
        {"op": "in", "feature": "depth", "values": []},
        {"op": "in", "feature": "depth", "values": 4},
        {"op": "in", "feature": "depth", "values": [[4]]},
        {"op": "in", "feature": "depth", "values": [float("nan")]},
        {"op": "in", "feature": "depth", "values": [10**400]},
        {"op": "ge", "feature": "depth", "value": "4"},
        {"op": "ge", "feature": "depth", "value": True},
        {"op": "ge", "feature": "depth", "value": float("inf")},
        {"op": "between", "feature": "depth", "low": 1},
        {"op": "count_ge", "feature": "heads", "values": [2], "number": -1},
        {"op": "count_ge", "feature": "heads", "values": [2], "number": 1.5},
        {"op": "all", "rules": []},
        {"op": "all", "rules": [DEEP] * 65},
        {"op": "not", "rules": [DEEP]},
        {"op": "implies", "rule": DEEP},
        {**DEEP, "also": 1},
        {"feature": "depth", "values": [4]},
        "__import__('os').system('true')",
        "depth in [4]",
        None,
    ],
)
def test_nothing_else_is_a_rule(rule: Any) -> None:
    with pytest.raises(ValidationError):
        read(rule)


def test_a_rule_is_its_document() -> None:
    nested = {"op": "implies", "condition": {"op": "not", "rule": DEEP}, "rule": {"op": "any", "rules": [MANY, DEEP]}}
    assert read(nested).model_dump() == nested
    assert (levels(read(DEEP)), levels(read(nested))) == (1, 3)
    assert features_of(read(nested)) == ("depth", "heads.mean")
    assert [path for path, _ in conditions(read(nested))] == ["condition.rule", "rule.rules.0", "rule.rules.1"]


def test_what_has_to_hold_is_taken_apart() -> None:
    inner = {"op": "all", "rules": [DEEP, MANY]}
    assert conjuncts(read({"op": "all", "rules": [inner, MANY]})) == (read(DEEP), read(MANY), read(MANY))
    either = read({"op": "any", "rules": [DEEP, MANY]})
    assert conjuncts(either) == (either,)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (DEEP, "depth in {4}"),
        ({**DEEP, "op": "not_in", "values": list(range(9))}, "depth not in {0, 1, 2, 3, 4, 5, 6, 7, ...}"),
        ({"op": "between", "feature": "a", "low": 1, "high": 2.5}, "1 ≤ a ≤ 2.5"),
        ({"op": "count_le", "feature": "a", "values": ["x"], "number": 1}, "at most 1 layers with a in {x}"),
        ({"op": "all", "rules": [DEEP, {"op": "any", "rules": [MANY, DEEP]}]}, "depth in {4} and (heads.mean ≥ 3.5 or"),
        ({"op": "not", "rule": DEEP}, "not depth in {4}"),
        ({"op": "implies", "condition": DEEP, "rule": MANY}, "if depth in {4} then heads.mean ≥ 3.5"),
    ],
)
def test_texts(rule: dict[str, Any], text: str) -> None:
    assert as_text(read(rule)).startswith(text)
    assert all(as_text(part) for part in PARTS)
