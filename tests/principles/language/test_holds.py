"""Whether rules hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from lpzero.principles.language.columns import Columns
from lpzero.principles.language.holds import hold_all, holds, position_of
from lpzero.principles.language.rule import Implication, Junction, Negation, Rule

READ = TypeAdapter(Rule)


def read(document: dict[str, Any]) -> Any:
    return READ.validate_python(document)


@pytest.mark.parametrize(
    ("rule", "held"),
    [
        ({"op": "in", "feature": "depth", "values": [4]}, [0, 1, 1]),
        ({"op": "not_in", "feature": "depth", "values": [4]}, [1, 0, 0]),
        ({"op": "eq", "feature": "hidden_size", "value": 256}, [0, 1, 1]),
        ({"op": "eq", "feature": "hidden_size", "value": 256.0}, [0, 1, 1]),
        ({"op": "ge", "feature": "heads.mean", "value": 2.5}, [1, 1, 0]),
        ({"op": "le", "feature": "heads.first", "value": 2}, [1, 0, 1]),
        ({"op": "between", "feature": "operation=SA.mean", "low": 0.25, "high": 0.5}, [1, 1, 0]),
        ({"op": "count_ge", "feature": "operation", "values": ["DSC", "LT"], "number": 3}, [0, 1, 0]),
        ({"op": "count_le", "feature": "operation", "values": ["LT"], "number": 0}, [0, 0, 1]),
        ({"op": "in", "feature": "heads.trend", "values": ["rising", "constant"]}, [1, 0, 1]),
        # what an architecture does not have keeps no condition, and its negation keeps it
        ({"op": "in", "feature": "heads[3]", "values": [2]}, [0, 1, 1]),
        ({"op": "not_in", "feature": "heads[3]", "values": [4]}, [0, 1, 1]),
        ({"op": "not", "rule": {"op": "in", "feature": "heads[3]", "values": [2]}}, [1, 0, 0]),
        ({"op": "le", "feature": "heads[3]", "value": 100}, [0, 1, 1]),
    ],
)
def test_conditions(three: Columns, rule: dict[str, Any], held: list[int]) -> None:
    assert holds(read(rule), three).astype(int).tolist() == held


PARTS = [
    read({"op": "in", "feature": "depth", "values": [4]}),
    read({"op": "ge", "feature": "heads.mean", "value": 3}),
    read({"op": "count_ge", "feature": "operation", "values": ["SA"], "number": 1}),
    read({"op": "eq", "feature": "heads.trend", "value": "falling"}),
]
rules = st.recursive(
    st.sampled_from(PARTS),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda found: Junction(op="all", rules=found)),
        st.lists(inner, min_size=1, max_size=3).map(lambda found: Junction(op="any", rules=found)),
        inner.map(lambda one: Negation(op="not", rule=one)),
        st.tuples(inner, inner).map(lambda two: Implication(op="implies", condition=two[0], rule=two[1])),
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=40)
@given(first=rules, second=rules)
def test_the_laws_of_logic(many: Columns, first: Any, second: Any) -> None:
    one, two = holds(first, many), holds(second, many)
    both, either = (holds(Junction(op=op, rules=[first, second]), many) for op in ("all", "any"))
    np.testing.assert_array_equal(both, one & two)
    np.testing.assert_array_equal(either, one | two)
    np.testing.assert_array_equal(holds(Negation(op="not", rule=first), many), ~one)
    np.testing.assert_array_equal(holds(Implication(op="implies", condition=first, rule=second), many), ~one | two)
    np.testing.assert_array_equal(hold_all([first, second], many), both)


@settings(deadline=None, max_examples=40)
@given(rule=rules)
def test_many_are_as_each_by_itself(many: Columns, rule: Any) -> None:
    alone = [bool(holds(rule, Columns(many.space, [one]))[0]) for one in many.architectures[:5]]
    assert holds(rule, many)[:5].tolist() == alone


def test_no_rule_holds_of_all(many: Columns) -> None:
    assert hold_all([], many).all()


def test_true_is_not_one(three: Columns) -> None:
    depth = three.features["depth"]
    assert position_of(4, depth) == 1
    assert position_of(True, depth) < 0
    assert position_of("4", depth) < 0
