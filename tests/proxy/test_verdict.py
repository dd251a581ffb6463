"""Verdicts: effects that were made up, on either side of each threshold."""

from __future__ import annotations

import pytest

from lpzero.fitness import Correlation
from lpzero.proxy import load_proxy
from lpzero.proxy.interventions import interventions
from lpzero.proxy.verdict import AGREES, KEPT, Effect, State, judge_effects

FORMULA, METRIC, COUNT = load_proxy("sum(l1(weight * grad))"), load_proxy("synflow"), load_proxy("depth")
WITHOUT_GRADIENTS = load_proxy("sum(std(hidden))")
ORIGINAL = Effect("original", "ok", Correlation(0.8, 0.8, 0.9, 1.0), (0.7, 0.9))

Given = tuple[float, float, float] | str
"""The ends of the interval of what is left, and the agreement; or a status."""
WHOLE, HALF, OPEN = (0.97, 1.03, 1.0), (0.4, 0.6, 0.5), (0.8, 1.0, 1.0)


def _effect(name: str, given: Given) -> Effect:
    if isinstance(given, str):
        return Effect(name, given)
    low, high, agreement = given
    return Effect(name, "ok", ORIGINAL.correlation, (0.7, 0.9), agreement, (low + high) / 2, (low, high))


def _effects(**figures: Given) -> dict[str, Effect]:
    """Every effect keeps the ranking, but those that are given."""
    return {name: _effect(name, figures.get(name, WHOLE)) for name in interventions(2)}


def _redrawn(given: Given = WHOLE) -> Effect:
    return _effect("2 redrawn initialisation(s)", given)


@pytest.mark.parametrize(
    ("given", "agreeing", "state"),
    [
        (WHOLE, 1.0, "kept"),
        ((KEPT, 1.1, 1.0), 1.0, "kept"),
        ((KEPT - 0.001, 1.1, 1.0), 1.0, "undecided"),
        ((0.2, KEPT, 1.0), 1.0, "undecided"),
        ((0.2, KEPT - 0.001, 1.0), 1.0, "lost"),
        # a ranking that has turned round is lost, however much of it there is
        ((-1.0, -0.9, -0.9), 1.0, "lost"),
        # the agreement is beside that of two draws
        ((0.97, 1.03, AGREES), 1.0, "kept"),
        ((0.97, 1.03, AGREES - 0.001), 1.0, "lost"),
        ((0.97, 1.03, 0.8 * AGREES + 1e-9), 0.8, "kept"),
        ((0.97, 1.03, 0.8 * AGREES - 0.001), 0.8, "lost"),
        ((0.8, 1.0, 0.8 * AGREES - 0.001), 0.8, "lost"),
        ("constant", 1.0, "lost"),
        ("nonfinite", 0.5, "lost"),
    ],
)
def test_what_an_effect_does_to_a_ranking(given: Given, agreeing: float, state: State) -> None:
    assert _effect("tokens_redrawn", given).state(agreeing) == state


NO_SHAPE = {"shape_permuted": (0.1, 0.3, 0.2), "shape_gaussian": (0.1, 0.3, 0.2)}
RANDOM_LOST, ZERO_LOST = {"gradients_random": HALF}, {"gradients_zero": HALF}
CASES: list[tuple[dict[str, Given], Given, str]] = [
    ({}, WHOLE, "shape only"),
    ({"shape_gaussian": HALF}, WHOLE, "shape only"),
    ({"shape_permuted": "nonfinite"}, WHOLE, "shape only"),
    # what shapes alone keep needs nothing else, even where the numbers of gradients could stand in for it
    ({"gradients_zero": "constant"}, WHOLE, "shape only"),
    # the luck of one draw survives a permutation, but no other draw
    ({}, HALF, "initialisation statistics"),
    ({}, OPEN, "undecided"),
    ({"shape_gaussian": HALF, "shape_permuted": OPEN}, WHOLE, "undecided"),
    # zeros make any product constant: only where noise fails as well the gradients are needed
    ({**NO_SHAPE, **ZERO_LOST, **RANDOM_LOST}, WHOLE, "gradients"),
    ({**NO_SHAPE, "gradients_zero": "constant", **RANDOM_LOST}, WHOLE, "gradients"),
    ({**NO_SHAPE, "gradients_zero": "constant", "gradients_random": "nonfinite"}, WHOLE, "gradients"),
    ({**NO_SHAPE, **ZERO_LOST}, WHOLE, "gradient scale"),
    ({**NO_SHAPE, "gradients_zero": "constant"}, WHOLE, "gradient scale"),
    ({**NO_SHAPE, **ZERO_LOST, "gradients_random": OPEN}, WHOLE, "undecided"),
    ({**NO_SHAPE, **RANDOM_LOST}, WHOLE, "signal propagation"),
    ({**NO_SHAPE, "gradients_random": OPEN}, WHOLE, "signal propagation"),
    ({**NO_SHAPE, "gradients_zero": OPEN, **RANDOM_LOST}, WHOLE, "undecided"),
    # either way of taking tokens away shows what they are needed for
    ({**NO_SHAPE, "tokens_redrawn": (0.97, 1.03, 0.9)}, WHOLE, "data"),
    ({**NO_SHAPE, "tokens_shuffled": HALF}, WHOLE, "data"),
    ({**NO_SHAPE, "tokens_shuffled": HALF, "tokens_redrawn": OPEN}, WHOLE, "data"),
    ({**NO_SHAPE, "tokens_redrawn": OPEN}, WHOLE, "undecided"),
    # two draws that agree less ask for less agreement
    ({**NO_SHAPE, "tokens_redrawn": (0.97, 1.03, 0.9)}, (0.97, 1.03, 0.9), "signal propagation"),
    (NO_SHAPE, HALF, "initialisation statistics"),
    (NO_SHAPE, "nonfinite", "initialisation statistics"),
    (NO_SHAPE, OPEN, "undecided"),
    (NO_SHAPE, WHOLE, "signal propagation"),
    ({**NO_SHAPE, **ZERO_LOST, **RANDOM_LOST, "tokens_redrawn": HALF}, WHOLE, "gradients and data"),
    ({**NO_SHAPE, **ZERO_LOST, "tokens_redrawn": HALF}, HALF, "gradient scale and data and initialisation statistics"),
    # what is known to be needed is said beside what is not known
    ({**NO_SHAPE, "tokens_redrawn": OPEN}, HALF, "initialisation statistics"),
]


@pytest.mark.parametrize(("figures", "redrawn", "verdict"), CASES)
def test_a_formula(figures: dict[str, Given], redrawn: Given, verdict: str) -> None:
    found, reasons = judge_effects(FORMULA, ORIGINAL, _effects(**figures), _redrawn(redrawn))
    assert found == verdict
    assert reasons
    assert len(set(reasons)) == len(reasons)


@pytest.mark.parametrize(
    ("figures", "named"),
    [
        ({"tokens_redrawn": OPEN}, "tokens_redrawn"),
        ({**ZERO_LOST, "gradients_random": OPEN}, "gradients_random"),
        ({"gradients_zero": OPEN, **RANDOM_LOST}, "gradients_zero"),
    ],
)
def test_what_an_interval_leaves_open_is_named_with_it(figures: dict[str, Given], named: str) -> None:
    _, reasons = judge_effects(FORMULA, ORIGINAL, _effects(**NO_SHAPE, **figures), _redrawn())
    (left_open,) = [reason for reason in reasons if reason.startswith("undecided: ")]
    assert left_open == f"undecided: {named} leaves 90.0 [80.0, 100.0] % of tau-a, agreement 1.000"


def test_gradients_are_no_part_of_a_formula_without_them() -> None:
    effects = _effects(**NO_SHAPE, gradients_zero=HALF, gradients_random=HALF)
    assert judge_effects(WITHOUT_GRADIENTS, ORIGINAL, effects, _redrawn())[0] == "signal propagation"


def test_trained_weights_are_what_nothing_else_explains() -> None:
    """Without another draw: a permutation keeps the size of the weights, which is no shape."""
    unsupported: dict[str, Given] = dict.fromkeys(("weights_redrawn_1", "weights_redrawn_2"), "unsupported")

    def verdict(**figures: Given) -> str:
        return judge_effects(WITHOUT_GRADIENTS, ORIGINAL, _effects(**unsupported, **figures), None)[0]

    assert verdict(shape_gaussian=HALF) == "trained weights"
    assert verdict(shape_permuted=HALF) == verdict() == "shape only"
    assert verdict(shape_gaussian=OPEN) == "undecided"
    assert verdict(shape_gaussian=HALF, tokens_shuffled=HALF) == "data"
    # nothing is drawn: the agreement asked for is that of equal scores
    assert verdict(shape_gaussian=HALF, tokens_shuffled=(0.97, 1.03, AGREES - 0.01)) == "data"


def test_a_coded_metric_is_told_by_tokens_and_initialisations_alone() -> None:
    unsupported = dict.fromkeys(("gradients_zero", "gradients_random", "shape_permuted", "shape_gaussian"))
    given: dict[str, Given] = dict.fromkeys(unsupported, "unsupported")
    assert judge_effects(METRIC, ORIGINAL, _effects(**given), _redrawn())[0] == "undecided"
    assert judge_effects(METRIC, ORIGINAL, _effects(**given, tokens_redrawn=HALF), _redrawn())[0] == "data"
    assert judge_effects(METRIC, ORIGINAL, _effects(**given), _redrawn(HALF))[0] == "initialisation statistics"


def test_a_count_is_shape_whatever_it_ranks() -> None:
    unable = Effect("original", "constant")
    assert judge_effects(COUNT, unable, {}, None)[0] == "shape only"


@pytest.mark.parametrize("interval", [(-0.1, 0.2), (0.0, 0.2), (-0.2, 0.0)])
def test_what_does_not_rank_has_no_parts(interval: tuple[float, float]) -> None:
    original = Effect("original", "ok", Correlation(0.1, 0.1, 0.1, 1.0), interval)
    verdict, (reason,) = judge_effects(FORMULA, original, _effects(), _redrawn())
    assert (verdict, "has 0 in it" in reason) == ("does not rank", True)
    verdict, (reason,) = judge_effects(FORMULA, Effect("original", "nonfinite"), _effects(), _redrawn())
    assert (verdict, "nonfinite" in reason) == ("does not rank", True)


def test_a_ranking_that_is_upside_down_is_one() -> None:
    original = Effect("original", "ok", Correlation(-0.8, -0.8, -0.9, 1.0), (-0.9, -0.7))
    assert judge_effects(FORMULA, original, _effects(), _redrawn())[0] == "shape only"
