"""Results of ``lpzero principles`` as documents."""

from __future__ import annotations

import json
from pathlib import Path

from lpzero.principles.check import check
from lpzero.principles.document import Principles
from lpzero.principles.result import CheckResult
from lpzero.spaces import get_space


def test_a_result_is_its_document() -> None:
    rule = {"op": "ge", "feature": "heads.mean", "value": 3}
    document = {
        "schema": "lpzero.principles/1",
        "space": {"name": "flexibert"},
        "principles": [{"id": "wide", "statement": "many heads", "rule": rule}],
    }
    found = check(Principles.model_validate(document), get_space("flexibert"), Path("file"), 0, None)
    text = json.dumps(found.to_json(), allow_nan=False)
    assert CheckResult.model_validate(json.loads(text)).to_json() == found.to_json()
    assert json.loads(text)["schema"] == 1
