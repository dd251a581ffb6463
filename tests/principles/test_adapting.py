"""Principles after new results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lpzero.principles.adapting import adapt, is_stalled, together
from lpzero.principles.contrast import contrast
from lpzero.principles.document import Evidence
from lpzero.principles.language.columns import Columns
from tests.principles.test_check import DEEP, made


def known(top: int, stability: float = 1.0, lift: float = 2.0) -> dict[str, Any]:
    return {
        "n": 10 * top,
        "top": top,
        "support": 1.0,
        "base_rate": 1 / lift,
        "lift": lift,
        "stability": stability,
    }


WIDE = {"op": "eq", "feature": "hidden_size", "value": 256}
SHALLOW = {"op": "eq", "feature": "depth", "value": 2}


@pytest.mark.parametrize(("top", "status"), [(10, "relaxed"), (2000, "active")])
def test_few_new_results_move_what_many_told_little(many: Columns, top: int, status: str) -> None:
    """Shallow ones are the top of the new results, and four layers were good before."""
    quality = np.array([float(one.depth == 2) for one in many.architectures]) + np.linspace(0, 0.1, 200)
    found = contrast(many.space, many.architectures, quality, None, 20)
    old = made({"rule": DEEP, "evidence": known(top)}, {"rule": SHALLOW}, {"status": "advice"})
    new = adapt(old, found, 0)
    assert [one.status for one in new.principles] == [status, "active", "advice"]
    assert (old.version, new.version) == (1, 2)
    assert new.principles[0].history[-1].version == 2
    assert "on 200 new results" in new.principles[0].history[-1].reason
    assert new.principles[2] == old.principles[2]


def test_a_search_that_stalls_loses_the_least_stable_rule(many: Columns) -> None:
    rng = np.random.default_rng(0)
    good = np.array([one.depth == 4 and one["hidden_size"] == 256 for one in many.architectures])
    found = contrast(many.space, many.architectures, good + rng.normal(scale=0.1, size=200), None, 20)
    old = made({"rule": DEEP, "evidence": known(50, 0.9)}, {"rule": WIDE, "evidence": known(50, 0.85)})
    assert [one.status for one in adapt(old, found, 0).principles] == ["active", "active"]
    new = adapt(old, found, 0, stalled=True)
    assert [one.status for one in new.principles] == ["active", "relaxed"]
    assert "the search stalls" in new.principles[1].history[-1].reason
    # what is relaxed stays so, and has no more history
    again = adapt(new, found, 0)
    assert again.principles[1] == new.principles[1]


def test_together() -> None:
    one, two = (Evidence.model_validate(known(10, lift=lift)) for lift in (4.0, 1.0))
    assert together(None, one) == pytest.approx(4)
    assert together(one, two) == pytest.approx(2)
    nothing = Evidence(n=10, top=5, support=0.0, base_rate=0.0)
    assert together(None, nothing) == 1
    assert together(one, nothing) == pytest.approx(4)


@pytest.mark.parametrize(("first", "number", "stalled"), [(1, 19, False), (1, 20, True), (2, 39, False), (2, 40, True)])
def test_a_search_has_stalled_where_its_best_is_among_the_first_twentieth(
    first: int, number: int, stalled: bool
) -> None:
    qualities = np.zeros(number)
    qualities[first - 1] = 1
    assert is_stalled(qualities) is stalled
