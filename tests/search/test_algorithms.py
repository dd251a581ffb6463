"""Search algorithms on pools of known worth: no model twice, within limits, better than chance, the same again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from lpzero.errors import NoResultError
from lpzero.search.algorithms import ALGORITHMS, BATCH, POPULATION
from lpzero.search.cost import costs_of
from lpzero.search.limits import Limits
from lpzero.search.pool import ClosedPool, OpenPool, Pool, distance
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture

SPACE = get_space("gpt2", "own")
LIMITS = Limits({"params": 1_000_000})


def heads(architecture: Architecture) -> float:
    """A worth that the number of parameters says nothing about."""
    return float(np.mean([dict(layer)["heads"] for layer in architecture.layers]))


def closed(number: int, limits: Limits) -> ClosedPool:
    rng = np.random.default_rng(3)
    return ClosedPool(SPACE, tuple(SPACE.sample(rng) for _ in range(number)), limits)


def proposed(name: str, pool: Pool, number: int, seed: int = 0) -> list[Architecture]:
    batches: Iterator[list[Architecture]] = ALGORITHMS[name](pool, np.random.default_rng(seed), heads)
    found: list[Architecture] = []
    for batch in batches:
        found += batch
        if len(found) >= number:
            break
    return found


@pytest.mark.parametrize("name", ALGORITHMS)
def test_no_model_is_proposed_twice_and_all_fit(name: str) -> None:
    found = proposed(name, OpenPool(SPACE, LIMITS), 160)

    assert len(found) == 160
    assert len({SPACE.model_key(architecture) for architecture in found}) == 160
    for architecture in found:
        SPACE.validate(architecture)
        assert not LIMITS.exceeded(costs_of(SPACE, architecture))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_closed_pool_is_emptied_and_never_left(name: str) -> None:
    pool = closed(70, LIMITS)
    fitting = {SPACE.model_key(a) for a in pool.architectures if not LIMITS.exceeded(costs_of(SPACE, a))}
    assert BATCH < len(fitting) < 70

    assert {SPACE.model_key(a) for a in proposed(name, pool, 1000)} == fitting


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_seed_repeats_and_another_does_not(name: str) -> None:
    one, again, other = (proposed(name, OpenPool(SPACE, LIMITS), 96, seed) for seed in (0, 0, 1))
    assert one == again
    assert one != other


@pytest.mark.parametrize("name", ["evolution", "local"])
def test_what_learns_beats_chance(name: str) -> None:
    pool, number = OpenPool(SPACE, LIMITS), POPULATION + 100
    best, chance = ([max(map(heads, proposed(n, pool, number, s))) for s in range(5)] for n in (name, "random"))
    late = [np.mean([heads(a) for a in proposed(name, pool, number, s)[-40:]]) for s in range(5)]
    at_random = [np.mean([heads(a) for a in proposed("random", pool, number, s)]) for s in range(5)]
    assert np.mean(best) >= np.mean(chance)
    assert min(late) > max(at_random) + 0.5


def test_nothing_fits() -> None:
    for pool in (OpenPool(SPACE, Limits({"params": 10, "bytes": 10**9})), closed(20, Limits({"params": 10}))):
        with pytest.raises(NoResultError, match=r"after \d+ draws; the binding limit is --max-params 10: the lowest"):
            pool.sample(np.random.default_rng(0), set())


def test_the_largest_fits_and_a_closed_pool_knows_it_exactly() -> None:
    pool = closed(60, LIMITS)
    fitting = [costs_of(SPACE, a)["params"] for a in pool.architectures]
    largest = costs_of(SPACE, pool.largest(np.random.default_rng(0)))["params"]
    assert largest == max(p for p in fitting if p <= 1_000_000)
    grown = costs_of(SPACE, OpenPool(SPACE, LIMITS).largest(np.random.default_rng(0)))["params"]
    assert largest <= grown <= 1_000_000


def test_distance_is_a_metric_on_samples() -> None:
    rng = np.random.default_rng(0)
    a, b, c = (SPACE.sample(rng) for _ in range(3))
    assert distance(a, a) == 0
    assert distance(a, b) == distance(b, a) > 0
    assert distance(a, c) <= distance(a, b) + distance(b, c)
    assert distance(a, SPACE.mutate(a, rng)) >= 1
