"""Where candidates come from: within the limits, new, near their parents, and the nearest by brute force."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.costs.costs import COSTS, Costs
from lpzero.costs.limits import CostLimits
from lpzero.errors import NoResultError
from lpzero.nas import pool as pool_module
from lpzero.nas.pool import DRAWS, MEASURED_DRAWS, NEAREST, ClosedPool, OpenPool, distance
from lpzero.principles.document import Principles
from lpzero.principles.refined import Refined, refined
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture

SPACE = get_space("gpt2", "own")
LIMITS = CostLimits({"params": 900_000})
RNG = np.random.default_rng(0)
DRAWN = tuple(SPACE.sample(RNG) for _ in range(60))
seeds = st.integers(0, 1 << 30)


def params(architecture: Architecture) -> int:
    return SPACE.parameter_counts(architecture)["total"]


def opened(limits: CostLimits = LIMITS) -> OpenPool:
    return OpenPool(Costs(SPACE), limits)


def closed(limits: CostLimits = LIMITS) -> ClosedPool:
    return ClosedPool(Costs(SPACE), DRAWN, limits)


def within(**rule: object) -> Refined:
    document = {"id": "one", "statement": "", "rule": rule}
    space = {"name": "gpt2", "protocol": "own"}
    found = Principles.model_validate({"schema": "lpzero.principles/1", "space": space, "principles": [document]})
    return refined(SPACE, found, "file")


def test_principles_hold_of_whatever_a_pool_gives() -> None:
    thin = within(op="le", feature="d_inner.max", value=256)
    pool, rng = OpenPool(Costs(SPACE), LIMITS, thin), np.random.default_rng(0)
    first, second = (pool.sample(rng, set()) for _ in range(2))
    assert first is not None
    assert second is not None
    found = [pool.neighbour([first, second], rng, {SPACE.model_key(first)}) for _ in range(30)]
    for one in (first, second, *found, pool.largest(rng)):
        assert one is not None
        assert max(one.integers("d_inner")) <= 256
        assert params(one) <= 900_000


def test_nothing_keeps_the_principles() -> None:
    pool = OpenPool(Costs(SPACE), LIMITS, within(op="count_ge", feature="heads", values=[2], number=9))
    with pytest.raises(NoResultError, match="keeps the `principles`"):
        pool.sample(np.random.default_rng(0), set())
    assert pool.sample(np.random.default_rng(0), {"one"}) is None


FITTING = [a for a in DRAWN if params(a) <= 900_000]


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_what_is_drawn_or_bred_fits_and_is_new(seed: int) -> None:
    rng = np.random.default_rng(seed)
    taken = {SPACE.model_key(a) for a in FITTING[:5]}
    for pool in (opened(), closed()):
        found = [
            pool.sample(rng, taken),
            pool.neighbour(FITTING[:1], rng, taken),
            pool.neighbour(FITTING[:2], rng, taken),
        ]
        for one in found:
            assert one is not None
            SPACE.validate(one)
            assert params(one) <= 900_000
            assert SPACE.model_key(one) not in taken


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_a_neighbour_of_one_parent_differs_in_one_choice(seed: int) -> None:
    rng = np.random.default_rng(seed)
    parent = SPACE.sample(rng)
    child = opened(CostLimits({})).neighbour([parent], rng, set())
    assert child is not None
    longer = max(parent.depth, child.depth)
    whole = sum(a != b for a, b in zip(parent.whole, child.whole, strict=True))
    layers = sum(
        a != b for one, other in zip(parent.layers, child.layers, strict=False) for a, b in zip(one, other, strict=True)
    )
    if parent.depth == child.depth:
        assert whole + layers == 1
    else:
        assert (whole, layers) == (0, 0)
    assert longer >= 1


def test_a_neighbour_of_a_closed_pool_is_among_the_nearest_that_are_left() -> None:
    rng, pool = np.random.default_rng(1), closed()
    parent = FITTING[3]
    taken = {SPACE.model_key(a) for a in (parent, *FITTING[10:14])}
    left = [a for a in FITTING if SPACE.model_key(a) not in taken]
    apart = sorted(distance(parent, a) for a in left)
    drawn = [pool.neighbour([parent], rng, taken) for _ in range(200)]
    assert all(one is not None and distance(parent, one) <= apart[NEAREST - 1] for one in drawn)
    assert len(set(drawn)) == NEAREST


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_a_distance_is_symmetric_a_share_and_zero_of_equals_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for space in (SPACE, get_space("flexibert", "own")):
        one, other = space.sample(rng), space.sample(rng)
        apart = distance(one, other)
        assert apart == distance(other, one)
        assert 0 <= apart <= 1
        assert (apart == 0) == (one == other)
        assert distance(one, one) == 0


def test_a_pool_that_is_spent_has_none_left() -> None:
    rng, pool = np.random.default_rng(0), closed()
    taken = {SPACE.model_key(a) for a in FITTING}
    assert pool.sample(rng, taken) is None
    assert pool.neighbour(FITTING[:1], rng, taken) is None


def test_an_open_pool_gives_up_where_all_that_fits_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    # the two smallest models of the space, or nothing
    smallest = min(DRAWN, key=params)
    pool = opened(CostLimits({"params": params(smallest)}))
    monkeypatch.setattr(pool_module, "DRAWS", 30)
    monkeypatch.setattr(type(SPACE), "sample", lambda _self, _rng: smallest)
    monkeypatch.setattr(type(SPACE), "mutate", lambda _self, _one, _rng: smallest)
    rng = np.random.default_rng(0)
    assert pool.sample(rng, set()) == smallest
    taken = {SPACE.model_key(smallest)}
    assert pool.sample(rng, taken) is None
    assert pool.neighbour([smallest], rng, taken) is None


@pytest.mark.parametrize("make", [opened, closed])
def test_where_nothing_fits_the_binding_limit_is_said(make: Callable[[CostLimits], OpenPool | ClosedPool]) -> None:
    pool = make(CostLimits({"params": 10}))
    lowest = f"{min(map(params, DRAWN)):,}" if isinstance(pool, ClosedPool) else ""
    draws = len(DRAWN) if isinstance(pool, ClosedPool) else DRAWS
    with pytest.raises(
        NoResultError, match=f"after {draws} draws; the binding limit is `limits.params` 10: .*{lowest}$"
    ):
        pool.sample(np.random.default_rng(0), set())
    with pytest.raises(NoResultError, match="no feasible architecture"):
        pool.largest(np.random.default_rng(0))


def test_fewer_models_are_built_than_counted_before_a_pool_gives_up() -> None:
    asked: list[str] = []
    costs = Costs(SPACE)

    class Measured(Costs):
        def of(self, architecture: Architecture, name: str) -> float:
            asked.append(name)
            return 1.0

    pool = OpenPool(Measured(costs.space), CostLimits({"latency": 0.5}))
    with pytest.raises(NoResultError, match=f"after {MEASURED_DRAWS} draws; the binding limit is `limits.latency`"):
        pool.sample(np.random.default_rng(0), set())
    assert asked == ["latency"] * MEASURED_DRAWS
    assert COSTS["latency"].measured


def test_the_largest_is_at_least_what_is_known_and_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "DRAWS", 100)
    rng = np.random.default_rng(0)
    known = max(FITTING, key=params)
    assert params(known) <= params(opened().largest(rng, FITTING)) <= 900_000
    assert closed().largest(rng) == known
