"""Ranges have no room on either side, and say what is outside."""

from __future__ import annotations

from lpzero.predictors import Description
from lpzero.predictors.distilled.ranges import Ranges


def test_what_is_within_is_within_and_what_is_not_is_said() -> None:
    some = [Description({"spec:depth": 2.0, "spec:kind=a": 1.0}), Description({"spec:depth": 4.0})]
    found = Ranges.of(some)
    assert found.names == ("spec:depth", "spec:kind=a")
    assert found.beyond(Description({"spec:depth": 4.0})) == ""
    assert found.beyond(Description({"spec:depth": 5.0})) == "depth: 5, the teacher was sure from 2 to 4"
    assert found.beyond(Description({"spec:depth": 1.9})).startswith("depth: 1.9")
    assert found.beyond(Description({"spec:depth": 3.0, "spec:kind=b": 1.0})) == (
        "kind=b: in none that the teacher was sure of"
    )


def test_branches_count_where_nothing_is_counted() -> None:
    both = Ranges.of([Description({"shape:depth": 1.0, "operands:x": 1.0})])
    assert both.beyond(Description({"shape:depth": 1.0, "operands:x": 9.0})) == ""
    assert both.beyond(Description({"shape:depth": 2.0})) == "log depth: 2, the teacher was sure from 1 to 1"
    alone = Ranges.of([Description({"operands:x": 1.0})])
    assert alone.beyond(Description({"operands:x": 9.0})) == "x: 9, the teacher was sure from 1 to 1"
