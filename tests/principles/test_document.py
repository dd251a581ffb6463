"""What a file of principles may say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.principles.document import Principle, Principles
from lpzero.settings import check_settings

RULE = {"op": "in", "feature": "depth", "values": [4]}


def principle(**more: Any) -> dict[str, Any]:
    return {"id": "deep", "statement": "deep is good", "rule": RULE, **more}


def test_hard_and_soft() -> None:
    listed = [
        principle(id="a"),
        principle(id="b", strength="soft", weight=2.0),
        principle(id="c", status="relaxed"),
        {"id": "d", "statement": "words", "status": "advice"},
    ]
    found = check_settings(
        Principles, {"schema": "lpzero.principles/1", "space": {"name": "flexibert"}, "principles": listed}
    )
    assert [one.id for one in found.hard] == ["a"]
    assert [one.id for one in found.soft] == ["b"]
    assert Principles.model_validate(json.loads(found.model_dump_json(exclude_none=True))) == found


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"id": "a b"}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"statement": "two\nlines"}, "printable"),
        ({"statement": "\x1b[2J"}, "printable"),
        ({"strength": "soft"}, "expected a weight"),
        ({"weight": 2.0}, "expected a weight"),
        ({"strength": "soft", "weight": -1.0}, "weight"),
        ({"rule": None}, "expected a rule"),
        ({"status": "advice"}, "expected a rule"),
        ({"status": "new"}, "status"),
        ({"evidence": {"n": 5, "top": 1, "support": 1.5, "base_rate": 0.5}}, "support"),
        ({"history": [{"version": 1}]}, "history.0.reason"),
        ({"also": 1}, "no such setting"),
    ],
)
def test_what_no_principle_says(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_settings(Principle, principle(**changed), source="file")


def test_the_schema_of_the_documentation_is_that_of_the_code() -> None:
    published = Path(__file__).resolve().parents[2] / "docs" / "principles.schema.json"
    assert json.loads(published.read_text(encoding="utf-8")) == Principles.model_json_schema()
