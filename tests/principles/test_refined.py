"""A space within principles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.principles.refined import refined
from lpzero.spaces import get_space
from tests.principles.test_check import DEEP, made

SPACE = get_space("flexibert")
MEAN = {"op": "ge", "feature": "heads.mean", "value": 3.5}
WIDE = {"op": "eq", "feature": "hidden_size", "value": 256}


def drawn(*listed: dict[str, Any], explore: float = 0.1, number: int = 300) -> tuple[Any, list[Any]]:
    within = refined(SPACE, made(*listed).model_copy(update={"explore": explore}), "file")
    rng = np.random.default_rng(0)
    return within, [within.draw(rng) for _ in range(number)]


def test_hard_rules_filter() -> None:
    within, found = drawn({"rule": DEEP}, {"rule": MEAN}, number=100)
    assert all(within.holds(one) and one.depth == 4 and sum(one.integers("heads")) >= 14 for one in found)
    assert len(set(found)) > 90
    assert not within.holds(SPACE.sample(np.random.default_rng(1), SPACE.cells[0]))


@pytest.mark.parametrize(("explore", "share"), [(0.0, 0.8), (1.0, 0.5), (0.5, 0.65)])
def test_soft_rules_weigh(explore: float, share: float) -> None:
    """Four times as often, where half of the space keeps it: 4 of 5 draws."""
    within, found = drawn({"rule": WIDE, "strength": "soft", "weight": 4.0}, explore=explore, number=600)
    assert np.mean([one["hidden_size"] == 256 for one in found]) == pytest.approx(share, abs=0.06)
    assert {within.weight(one) for one in found} == {1.0, 4.0}
    assert all(within.holds(one) for one in found)


def test_nothing_is_left() -> None:
    counts = [{"op": "count_ge", "feature": "heads", "values": [value], "number": 3} for value in (2, 4)]
    assert drawn(*({"rule": rule} for rule in counts), number=1)[1] == [None]


def test_what_is_unusable_is_refused() -> None:
    with pytest.raises(InputError, match=r"^file: space\.name"):
        refined(get_space("gpt2"), made({"rule": DEEP}), "file")
