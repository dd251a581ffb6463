"""Checks of a file of principles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.principles.check import check, hard_rules
from lpzero.principles.document import Principles
from lpzero.spaces import get_space

SPACE = get_space("flexibert")
DEEP = {"op": "in", "feature": "depth", "values": [4]}
ANY = {"op": "in", "feature": "depth", "values": [2, 4]}
FOURTH = {"op": "in", "feature": "heads[3]", "values": [2, 4]}


def made(*listed: dict[str, Any]) -> Principles:
    named = [{"id": f"p{n}", "statement": "words", **one} for n, one in enumerate(listed)]
    return Principles.model_validate(
        {"schema": "lpzero.principles/1", "space": {"name": "flexibert"}, "principles": named}
    )


def test_findings() -> None:
    document = made(
        {"rule": {"op": "eq", "feature": "hidden_size", "value": 256}},
        {"rule": ANY},
        {"rule": DEEP},
        {"rule": FOURTH},
        {"status": "advice"},
        {"rule": DEEP, "status": "relaxed"},
        {"rule": {"op": "ge", "feature": "heads.mean", "value": 3}, "strength": "soft", "weight": 2.0},
    )
    found = check(document, SPACE, Path("file"), 0, None)
    # either of the two that ask for four layers would do without the other
    assert [one.finding for one in found.principles] == [
        *("ok", "idle", "redundant", "redundant", "advice", "inactive", "ok"),
    ]
    assert (found.status, found.remaining.share, found.source) == ("ok", 0.25, None)
    assert found.principles[4].keeps is None
    assert found.principles[2].keeps == pytest.approx(0.5, abs=0.05)
    assert len(hard_rules(document)) == 4


def test_what_contradicts_is_refused() -> None:
    with pytest.raises(InputError, match=r"^file: principles p0 and p1 contradict each other"):
        check(made({"rule": DEEP}, {"rule": {**DEEP, "op": "not_in"}}), SPACE, Path("file"), 0, None)


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("flexibert", [FOURTH, {"op": "eq", "feature": "depth", "value": 2}]),
        (
            "nb201",
            [
                {"op": "count_ge", "feature": "operation", "values": [value], "number": 4}
                for value in ("none", "skip_connect")
            ],
        ),
    ],
)
def test_what_is_empty_is_refused(name: str, rules: list[dict[str, Any]]) -> None:
    """Two layers have no fourth; of six edges four cannot have the one operation and four the other."""
    document = made(*({"rule": rule} for rule in rules))
    document = document.model_copy(update={"space": document.space.model_copy(update={"name": name})})
    with pytest.raises(InputError, match=r"^file: the hard rules hold of no architecture"):
        check(document, get_space(name), Path("file"), 0, None)


def test_what_only_drawing_shows_to_be_empty_is_unknown() -> None:
    one = {"op": "count_ge", "feature": "heads", "values": [2], "number": 3}
    two = {"op": "count_ge", "feature": "heads", "values": [4], "number": 3}
    found = check(made({"rule": one}, {"rule": two}), SPACE, Path("file"), 0, None)
    assert found.status == "unknown"
    assert found.remaining.interval is not None
    # with nothing that keeps the one, nothing is seen of the other
    assert [one.finding for one in found.principles] == ["ok", "ok"]
