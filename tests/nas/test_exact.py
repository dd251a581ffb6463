"""The exact search against all architectures of small spaces, whatever their layers add."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.costs.costs import Costs
from lpzero.errors import InputError, NoResultError
from lpzero.nas.exact import ExactSearch
from lpzero.nas.sums import TRIED, combinations, sums_of
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.choices import Choice, Choices

CHOICES = Choices("tiny", (1, 2, 3), (Choice.of("width", 8, 16),), (Choice.of("heads", 1, 2), Choice.of("inner", 4, 8)))
WITH_FRONT = Choices(
    "tiny", (2, 3), (Choice.of("width", 8, 16),), (Choice.of("inner", 4, 8),), (Choice.of("heads", 1, 2, 4),), 1
)


def everything(choices: Choices) -> list[Architecture]:
    """Every architecture."""
    return [
        Architecture.of(choices.space, whole, layers)
        for depth in choices.depths
        for whole in combinations(choices.whole)
        for layers in product(*(combinations(choices.of_layer(index)) for index in range(depth)))
    ]


class Added:
    """A count: what each layer adds, by width and choices, drawn once."""

    def __init__(self, seed: int, low: int) -> None:
        self._seed, self._low = seed, low

    def __call__(self, architecture: Architecture) -> float:
        """What it counts."""
        width = architecture["width"]
        parts = [self._drawn(width, architecture.layers[i]) for i in range(architecture.depth)]
        return float(sum(parts) + self._drawn(width, "base"))

    def _drawn(self, *what: object) -> int:
        rng = np.random.default_rng([self._seed, *map(ord, repr(what))])
        return int(rng.integers(self._low, 50))


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    low=st.sampled_from([-50, 0]),
    higher=st.booleans(),
    front=st.booleans(),
    share=st.floats(0, 1),
)
def test_it_is_the_best_of_all(seed: int, low: int, higher: bool, front: bool, share: float) -> None:
    choices = WITH_FRONT if front else CHOICES
    score, cost, other = Added(seed, low), Added(seed + 1, 1), Added(seed + 2, 1)
    architectures = everything(choices)
    assert len(architectures) == choices.size
    costs = sorted(cost(one) for one in architectures)
    limits = {
        "cost": costs[round(share * (len(costs) - 1))],
        "other": float(np.median([other(a) for a in architectures])),
    }
    within = [a for a in architectures if cost(a) <= limits["cost"] and other(a) <= limits["other"]]
    search = ExactSearch(
        choices, score, {"cost": cost, "other": other}, np.random.default_rng(0), higher_is_better=higher
    )
    assert search.smallest("cost") == costs[0]
    if not within:
        with pytest.raises(NoResultError):
            search.best(limits)
        return
    found = search.best(limits)
    wanted = (max if higher else min)(score(one) for one in within)
    assert score(found.architecture) == found.score == wanted
    assert cost(found.architecture) <= limits["cost"]
    assert found.gap == pytest.approx(0, abs=1e-6)


def test_a_front_is_the_best_of_each_limit() -> None:
    score, cost = Added(3, 0), Added(4, 1)
    search = ExactSearch(CHOICES, score, {"cost": cost}, np.random.default_rng(0))
    front = search.front({}, "cost", 6)
    assert 2 <= len(front) <= 6
    architectures = everything(CHOICES)
    for one in front:
        at = cost(one.architecture)
        assert one.score == max(score(other) for other in architectures if cost(other) <= at)
    assert [one.score for one in front] == sorted((one.score for one in front), reverse=True)


def test_a_limit_below_the_smallest_names_it() -> None:
    cost = Added(4, 1)
    search = ExactSearch(CHOICES, Added(3, 0), {"params": cost}, np.random.default_rng(0))
    with pytest.raises(NoResultError, match=f"the smallest has {min(map(cost, everything(CHOICES))):,.0f}"):
        search.best({"params": 1})


def test_neighbouring_large_numbers_are_told_apart() -> None:
    def params(architecture: Architecture) -> float:
        return sum(1e9 + float(architecture.layer(i)["heads"]) for i in range(architecture.depth))

    search = ExactSearch(CHOICES, params, {"params": params}, np.random.default_rng(0))
    assert search.best({"params": 3e9 + 5}).score == 3e9 + 5


def test_what_is_no_sum_over_layers_is_refused() -> None:
    def longest(architecture: Architecture) -> float:
        return float(max(architecture.layer(i)["inner"] for i in range(architecture.depth)))  # type: ignore[type-var]

    assert TRIED > 100
    with pytest.raises(InputError, match="expected a sum over layers, found that longest"):
        sums_of(CHOICES, {"longest": longest}, np.random.default_rng(0))


@pytest.mark.slow
def test_it_is_the_best_of_all_of_a_real_space_up_to_the_order_of_layers() -> None:
    space = get_space("hwgpt", "s")
    choices = replace(space.choices, depths=(10,))
    costs = Costs(space)
    score, cost = (partial(costs.of, name=name) for name in ("params", "flops"))
    search = ExactSearch(choices, score, {"flops": cost}, np.random.default_rng(0))
    limit = 70e6
    everyone = (
        Architecture.of("hwgpt", whole, layers)
        for whole in combinations(choices.whole)
        for layers in combinations_with_replacement(list(combinations(choices.layer)), 10)
    )
    best = max(space.parameter_counts(one)["total"] for one in everyone if space.flops(one, 64) / 64 <= limit)
    assert search.best({"flops": limit}).score == best
