"""Verdicts: effects that were made up, on either side of each threshold."""

from __future__ import annotations

import pytest

from lpzero.fitness import Correlation
from lpzero.proxy import load_proxy
from lpzero.proxy.interventions import interventions
from lpzero.proxy.verdict import AGREES, KEPT, Effect, judge_effects

FORMULA, METRIC, COUNT = load_proxy("sum(l1(weight * grad))"), load_proxy("synflow"), load_proxy("depth")
ORIGINAL = Effect("original", "ok", Correlation(0.8, 0.8, 0.9, 1.0), (0.7, 0.9))


def _effects(**figures: tuple[float, float] | str) -> dict[str, Effect]:
    """Every effect keeps the ranking, but those that are given as (left, agreement) or as a status."""
    effects = {}
    for name in interventions(2):
        given = figures.get(name, (1.0, 1.0))
        if isinstance(given, str):
            effects[name] = Effect(name, given)
        else:
            effects[name] = Effect(name, "ok", ORIGINAL.correlation, (0.7, 0.9), given[1], given[0])
    return effects


NO_SHAPE = {"shape_permuted": (0.2, 0.2), "shape_gaussian": (0.2, 0.2)}
CASES = [
    ({}, "shape only"),
    ({"shape_gaussian": (0.1, 0.1)}, "shape only"),
    ({"shape_permuted": "nonfinite"}, "shape only"),
    # what shapes alone keep needs nothing else, even where the numbers of gradients could stand in for it
    ({"gradients_zero": "constant"}, "shape only"),
    ({"shape_gaussian": (0.1, 0.1), "shape_permuted": (KEPT, AGREES)}, "shape only"),
    ({"shape_gaussian": (0.1, 0.1), "shape_permuted": (KEPT - 0.01, 1.0)}, "initialisation statistics"),
    ({"shape_gaussian": (0.1, 0.1), "shape_permuted": (1.0, AGREES - 0.01)}, "initialisation statistics"),
    # the luck of one draw survives a permutation, but no other draw
    ({"weights_redrawn_1": (0.5, 0.5), "weights_redrawn_2": (1.0, 1.0)}, "initialisation statistics"),
    ({"weights_redrawn_1": (0.92, 0.5), "weights_redrawn_2": (1.0, 1.0)}, "shape only"),
    ({**NO_SHAPE, "gradients_zero": (0.5, 0.5)}, "gradients"),
    ({**NO_SHAPE, "gradients_zero": "constant"}, "gradients"),
    ({**NO_SHAPE, "tokens_redrawn": (1.0, 0.9)}, "data"),
    ({**NO_SHAPE, "tokens_shuffled": (0.9, 1.0)}, "data"),
    ({**NO_SHAPE, "weights_redrawn_1": (1.0, 0.8)}, "initialisation statistics"),
    ({**NO_SHAPE, "weights_redrawn_1": "nonfinite"}, "initialisation statistics"),
    (NO_SHAPE, "initialisation statistics"),
    ({**NO_SHAPE, "gradients_zero": (0, 0), "tokens_redrawn": (0, 0)}, "gradients and data"),
]


@pytest.mark.parametrize(("figures", "verdict"), CASES)
def test_a_formula(figures: dict[str, tuple[float, float] | str], verdict: str) -> None:
    found, reasons = judge_effects(FORMULA, ORIGINAL, _effects(**figures), 2)
    assert found == verdict
    assert reasons


def test_gradients_are_no_part_of_a_formula_without_them() -> None:
    effects = _effects(**NO_SHAPE, gradients_zero=(0.0, 0.0))
    assert judge_effects(load_proxy("sum(std(hidden))"), ORIGINAL, effects, 2)[0] == "initialisation statistics"


def test_a_coded_metric_is_told_by_tokens_and_initialisations_alone() -> None:
    unsupported = dict.fromkeys(("gradients_zero", "gradients_random", "shape_permuted", "shape_gaussian"))
    given: dict[str, tuple[float, float] | str] = dict.fromkeys(unsupported, "unsupported")
    assert judge_effects(METRIC, ORIGINAL, _effects(**given), 2)[0] == "undecided"
    assert judge_effects(METRIC, ORIGINAL, _effects(**given, tokens_redrawn=(0.5, 0.5)), 2)[0] == "data"


def test_a_count_is_shape_whatever_it_ranks() -> None:
    unable = Effect("original", "constant")
    assert judge_effects(COUNT, unable, {}, 2)[0] == "shape only"


@pytest.mark.parametrize("interval", [(-0.1, 0.2), (0.0, 0.2), (-0.2, 0.0)])
def test_what_does_not_rank_has_no_parts(interval: tuple[float, float]) -> None:
    original = Effect("original", "ok", Correlation(0.1, 0.1, 0.1, 1.0), interval)
    verdict, (reason,) = judge_effects(FORMULA, original, _effects(), 2)
    assert (verdict, "has 0 in it" in reason) == ("does not rank", True)
    verdict, (reason,) = judge_effects(FORMULA, Effect("original", "nonfinite"), _effects(), 2)
    assert (verdict, "nonfinite" in reason) == ("does not rank", True)


def test_a_ranking_that_is_upside_down_is_one() -> None:
    original = Effect("original", "ok", Correlation(-0.8, -0.8, -0.9, 1.0), (-0.9, -0.7))
    assert judge_effects(FORMULA, original, _effects(), 2)[0] == "shape only"
