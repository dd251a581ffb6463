"""How much of a space is left."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lpzero.principles.language.columns import Columns
from lpzero.principles.language.holds import hold_all
from lpzero.principles.remaining import architectures_of, is_valid, remaining
from lpzero.spaces import get_space
from tests.principles.language.test_holds import read

SKIP = {"op": "count_ge", "feature": "operation", "values": ["skip_connect"], "number": 5}
LAST = {"op": "in", "feature": "operation[5]", "values": ["skip_connect", "none"]}


def test_conditions_on_single_choices_are_counted() -> None:
    space = get_space("flexibert")
    found = remaining(space, [read({"op": "eq", "feature": "depth", "value": 4})], 0)
    assert (found.share, found.interval, found.draws) == (0.5, None, None)
    assert found.architectures == space.size - 2 * 48**2
    assert remaining(space, [], 0).architectures == space.size


@pytest.mark.parametrize(
    ("rules", "architectures"),
    # five skips or six, the last edge a skip or none: 5 * 4 + 1, and one with none there
    [([LAST], 6250), ([SKIP, LAST], 22)],
)
def test_a_small_space_is_gone_through(rules: list[dict[str, Any]], architectures: int) -> None:
    found = remaining(get_space("nb201"), [read(rule) for rule in rules], 0)
    assert found.architectures == architectures
    assert found.share == pytest.approx(architectures / 15_625)
    assert found.interval is None


def test_a_share_that_is_estimated_has_an_interval() -> None:
    space = get_space("flexibert")
    deep = read({"op": "eq", "feature": "depth", "value": 4})
    rules = [deep, read({"op": "ge", "feature": "heads.mean", "value": 3})]
    found = remaining(space, rules, 0)
    # 11 of 16 ways to give four layers 2 or 4 heads
    assert found.interval is not None
    assert found.interval[0] < 0.5 * 11 / 16 < found.interval[1]
    assert found.architectures is None
    assert found == remaining(space, rules, 0)
    assert found != remaining(space, rules, 1)


def test_nothing_is_left_where_nothing_was_found() -> None:
    space = get_space("flexibert")
    one = {"op": "count_ge", "feature": "heads", "values": [2], "number": 3}
    two = {"op": "count_ge", "feature": "heads", "values": [4], "number": 3}
    found = remaining(space, [read(one), read(two)], 0)
    assert found.share == 0
    assert found.interval is not None
    assert 0 < found.interval[1] < 0.01


def test_every_architecture_of_a_depth() -> None:
    space = get_space("rnn")
    listed = list(architectures_of(space.choices, 1))
    assert len(set(listed)) == len(listed) == 4 * 3 * 8 * 5
    assert all(is_valid(space, one) for one in listed)
    assert not is_valid(get_space("gpt2"), listed[0])
    assert hold_all([], Columns(space, listed)).all()
    assert np.isfinite(Columns(space, listed).numbers("d_hidden.mean")).all()
