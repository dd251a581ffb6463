"""What simple conditions leave of each choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.principles.document import Principle
from lpzero.principles.language.columns import Columns
from lpzero.principles.language.feature import declared
from lpzero.principles.language.holds import hold_all
from lpzero.principles.slots import contradiction, refuse_contradictions, slots_of
from lpzero.spaces import get_space
from tests.principles.language.test_holds import read

SPACE = get_space("flexibert")
FEATURES = declared(SPACE)
DEEP = {"op": "ge", "feature": "depth", "value": 3}
THIRD = {"op": "in", "feature": "heads[2]", "values": [4]}
JOINT = {"op": "eq", "feature": "parameter[0]", "value": "SDP"}
SA = {"op": "in", "feature": "operation[0]", "values": ["SA"]}
MEAN = {"op": "ge", "feature": "heads.mean", "value": 3}


def principles(*rules: dict[str, Any]) -> list[Principle]:
    return [Principle(id=f"p{n}", statement="", rule=read(rule)) for n, rule in enumerate(rules)]


@pytest.mark.parametrize(
    ("rules", "shares"),
    [
        ([], (1, 1)),
        ([DEEP], (0, 1)),
        # the third layer is only there where there are four
        ([THIRD], (0, 1 / 2)),
        # operation and parameter are set together: 2 of 6 are SA, 1 of 6 with SDP
        ([SA], (1 / 3, 1 / 3)),
        ([JOINT], (1 / 6, 1 / 6)),
        ([SA, JOINT], (1 / 6, 1 / 6)),
        ([{"op": "all", "rules": [SA, DEEP]}], (0, 1 / 3)),
        ([{"op": "not_in", "feature": "operation[0]", "values": ["SA"]}], (2 / 3, 2 / 3)),
    ],
)
def test_shares(rules: list[dict[str, Any]], shares: tuple[float, float]) -> None:
    found = slots_of(SPACE.choices, FEATURES, [read(rule) for rule in rules])
    assert found.shares == pytest.approx(shares)
    assert found.rest == ()


def test_draws_keep_the_rules_and_are_even() -> None:
    rules = [read(SA), read({"op": "le", "feature": "hidden_size", "value": 200})]
    found, rng = slots_of(SPACE.choices, FEATURES, rules), np.random.default_rng(0)
    drawn = Columns(SPACE, [found.draw(rng) for _ in range(600)])
    for one in drawn.architectures:
        SPACE.validate(one)
    assert hold_all(rules, drawn).all()
    for name, share in (("depth", 0.5), ("operation[1]", 1 / 3), ("heads[0]", 0.5)):
        assert np.mean(drawn.codes(name) == 0) == pytest.approx(share, abs=0.08)


def test_the_layers_of_a_decoder_stand_behind_those_of_its_encoder() -> None:
    space = get_space("hat-mt")
    features = declared(space)
    rules = [read({"op": "in", "feature": "decoder_ffn_embed_dim[1]", "values": [3072]})]
    found, rng = slots_of(space.choices, features, rules), np.random.default_rng(0)
    assert found.shares == pytest.approx((0, *[1 / 3] * 5))
    assert all(found.draw(rng).layer(7)["decoder_ffn_embed_dim"] == 3072 for _ in range(20))


def test_other_rules_are_left() -> None:
    found = slots_of(SPACE.choices, FEATURES, [read({"op": "all", "rules": [MEAN, DEEP]})])
    assert found.rest == (read(MEAN),)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([DEEP, {"op": "le", "feature": "depth", "value": 2}], "principles p0 and p1 contradict each other: depth ≥ 3"),
        ([SA, MEAN, {"op": "eq", "feature": "operation[0]", "value": "LT"}], "principles p0 and p2"),
        ([MEAN, {"op": "between", "feature": "heads.mean", "low": 2, "high": 2.5}], "principles p0 and p1"),
        ([{"op": "ge", "feature": "heads.mean", "value": 5}], "principle p0: heads.mean ≥ 5 holds of no architecture"),
        ([{"op": "ge", "feature": "depth", "value": 5}], "principle p0"),
        ([{"op": "le", "feature": "params.attention", "value": -0.5}], "principle p0"),
        ([{"op": "all", "rules": [DEEP, {"op": "eq", "feature": "depth", "value": 2}]}], "p0 and p0"),
    ],
)
def test_contradictions(rules: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(InputError, match="file: principle") as raised:
        refuse_contradictions(principles(*rules), FEATURES, "file")
    assert message in str(raised.value)


def test_what_holds_together() -> None:
    assert contradiction(principles(DEEP, THIRD, SA, JOINT, MEAN), FEATURES) is None
