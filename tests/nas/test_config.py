"""The settings of a search: what must hold together, and what a run keeps comes back."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from lpzero.costs.cost import CostName
from lpzero.errors import InputError
from lpzero.nas.algorithms import ALGORITHMS
from lpzero.nas.config import SearchConfig
from lpzero.settings import check_settings

GIVEN: dict[str, Any] = {
    "space": "gpt2",
    "protocol": "own",
    "proxies": ["params", "depth"],
    "names": ["params", "depth"],
    "higher_is_better": [True, False],
}


def test_settings_survive_a_file() -> None:
    config = SearchConfig(**GIVEN, limits={"params": 5.5}, costs=["latency"], samples=None, budget=0.5)
    assert check_settings(SearchConfig, json.loads(json.dumps(config.model_dump()))) == config


def test_every_algorithm_may_be_chosen_and_every_cost_set_against_the_score() -> None:
    for algorithm in (*ALGORITHMS, "nsga2"):
        assert check_settings(SearchConfig, {**GIVEN, "algorithm": algorithm}).algorithm == algorithm
    for cost in get_args(CostName):
        assert check_settings(SearchConfig, {**GIVEN, "against": cost}).against == cost


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"samples": None}, "expected samples or a budget, for the search to end"),
        ({"names": ["params"]}, "expected a name and a direction for every proxy"),
        ({"higher_is_better": [True]}, "expected a name and a direction for every proxy"),
        ({"proxies": [], "names": [], "higher_is_better": []}, "^`proxies`: .*at least 1 item"),
        ({"verify": 1}, "^`verify`: expected at least 2, for there to be an interval, found 1$"),
        ({"verify": -1}, "^`verify`: expected greater than or equal to 0, found -1$"),
        ({"samples": 0}, "^`samples`: expected greater than or equal to 1, found 0$"),
        ({"budget": 0.0}, "^`budget`: expected greater than 0, found 0.0$"),
        ({"budget": float("inf")}, "^`budget`: expected a finite number, found inf$"),
        ({"keep": 0}, "^`keep`: expected greater than or equal to 1"),
        ({"against": "colour"}, "^`against`: expected 'params', "),
        ({"algorithm": "magic"}, "^`algorithm`: expected 'guided', "),
        ({"limits": {"params": "many"}}, r"^`limits\.params`: expected a valid number, found 'many'$"),
        ({"colour": 1}, "^`colour`: no such setting: expected .*space, .*algorithm"),
    ],
)
def test_what_does_not_hold_together_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_settings(SearchConfig, {**GIVEN, **changes})


def test_a_budget_alone_ends_a_search_and_two_trainings_have_an_interval() -> None:
    assert check_settings(SearchConfig, {**GIVEN, "samples": None, "budget": 1.0}).budget == 1.0
    assert [check_settings(SearchConfig, {**GIVEN, "verify": number}).verify for number in (0, 2)] == [0, 2]
