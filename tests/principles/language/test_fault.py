"""What is wrong with a rule, in one line."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from lpzero.principles.document import Principle
from lpzero.principles.language.fault import fault_of

DEEP = {"op": "ge", "feature": "depth", "value": 4}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"op": "like"}, "rule: unknown operator 'like': expected one of in, not_in, eq, ge"),
        ({"feature": "depth"}, "rule: `op` is missing: expected one of in"),
        ("depth >= 4", "rule: expected a table with keys and values, found 'depth >= 4'"),
        ({**DEEP, "value": "four"}, "rule.value: expected a number, found 'four'"),
        ({**DEEP, "value": float("nan")}, "rule.value: expected a number, found nan"),
        ({"op": "ge", "feature": "depth"}, "rule.value: is missing"),
        ({**DEEP, "run": "rm"}, "rule.run: no such key"),
        ({"op": "in", "feature": "depth", "values": []}, "rule.values: List should have at least 1 item"),
        (
            {"op": "all", "rules": [DEEP, {"op": "not", "rule": {**DEEP, "value": [4]}}]},
            "rule.rules.1.rule.value: expected a number, found [4]",
        ),
    ],
)
def test_the_path_is_that_of_the_document(rule: Any, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Principle.model_validate({"id": "a", "statement": "", "rule": rule})
    assert fault_of(caught.value).startswith(said)


def test_what_is_wrong_with_the_whole_has_no_path() -> None:
    with pytest.raises(ValidationError) as caught:
        Principle.model_validate({"id": "a", "statement": "", "rule": DEEP, "strength": "soft"})
    assert fault_of(caught.value) == "expected a weight for a soft principle, and none for a hard one"
