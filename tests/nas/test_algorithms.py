"""Search algorithms on pools of known worth: no model twice, within limits, better than chance, the same again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest
from scipy import stats

from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits, Excess
from lpzero.errors import NoResultError
from lpzero.nas.algorithms import ALGORITHMS, POPULATION
from lpzero.nas.guided import Expectation
from lpzero.nas.nsga2 import nsga2
from lpzero.nas.pool import ClosedPool, OpenPool, Pool, distance
from lpzero.nas.proposals import BATCH
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture

SPACE = get_space("gpt2", "own")
LIMITS = CostLimits({"params": 1_000_000})


def heads(architecture: Architecture) -> float:
    """A worth that the number of parameters says nothing about."""
    return float(np.mean([dict(layer)["heads"] for layer in architecture.layers]))


def params(architecture: Architecture) -> int:
    return SPACE.parameter_counts(architecture)["total"]


def opened(limits: CostLimits) -> OpenPool:
    return OpenPool(Costs(SPACE), limits)


def closed(number: int, limits: CostLimits) -> ClosedPool:
    rng = np.random.default_rng(3)
    return ClosedPool(Costs(SPACE), tuple(SPACE.sample(rng) for _ in range(number)), limits)


def proposed(name: str, pool: Pool, number: int, seed: int = 0) -> list[Architecture]:
    algorithm = partial(nsga2, cost=params) if name == "nsga2" else ALGORITHMS[name]
    batches: Iterator[list[Architecture]] = algorithm(pool, np.random.default_rng(seed), heads)
    found: list[Architecture] = []
    for batch in batches:
        found += batch
        if len(found) >= number:
            break
    return found


@pytest.mark.parametrize("name", [*ALGORITHMS, "nsga2"])
def test_no_model_is_proposed_twice_and_all_fit(name: str) -> None:
    found = proposed(name, opened(LIMITS), 160)

    assert len(found) == 160
    assert len({SPACE.model_key(architecture) for architecture in found}) == 160
    for architecture in found:
        SPACE.validate(architecture)
        assert params(architecture) <= 1_000_000


@pytest.mark.parametrize("name", [*ALGORITHMS, "nsga2"])
def test_a_closed_pool_is_emptied_and_never_left(name: str) -> None:
    pool = closed(70, LIMITS)
    fitting = {SPACE.model_key(a) for a in pool.architectures if params(a) <= 1_000_000}
    assert BATCH < len(fitting) < 70

    assert {SPACE.model_key(a) for a in proposed(name, pool, 1000)} == fitting


@pytest.mark.parametrize("name", [*ALGORITHMS, "nsga2"])
def test_a_seed_repeats_and_another_does_not(name: str) -> None:
    one, again, other = (proposed(name, opened(LIMITS), 96, seed) for seed in (0, 0, 1))
    assert one == again
    assert one != other


@pytest.mark.parametrize("name", ["guided", "evolution", "local"])
def test_what_learns_beats_chance(name: str) -> None:
    pool, number = opened(LIMITS), POPULATION + 100
    best, chance = ([max(map(heads, proposed(n, pool, number, s))) for s in range(5)] for n in (name, "random"))
    late = [np.mean([heads(a) for a in proposed(name, pool, number, s)[-40:]]) for s in range(5)]
    at_random = [np.mean([heads(a) for a in proposed("random", pool, number, s)]) for s in range(5)]
    assert np.mean(best) >= np.mean(chance)
    assert min(late) > max(at_random) + 0.5


def test_a_front_is_found_where_worth_and_cost_disagree() -> None:
    """Few heads are cheap here and many are dear, whatever the width: NSGA-II has cheaper ones of equal worth."""
    area = {}
    for name in ("nsga2", "random"):
        found = [proposed(name, opened(LIMITS), 300, seed) for seed in range(3)]
        # of every worth level the cheapest model: the lower their mean, the better the front
        levels = (2.5, 4.0, 5.5, 7.0)
        area[name] = np.mean(
            [[min((params(a) for a in one if heads(a) >= level), default=10**6) for level in levels] for one in found]
        )
    assert area["nsga2"] < 0.9 * area["random"]


def test_costs_that_need_a_pass_are_asked_for_last() -> None:
    asked: list[str] = []

    def cost(name: str) -> float:
        asked.append(name)
        return {"params": 5.0, "latency": 1.0}[name]

    limits = CostLimits({"latency": 0.5, "params": 4})
    assert limits.excess(cost) == Excess("params", 5.0)
    assert asked == ["params"]
    assert CostLimits({"latency": 0.5, "params": 6}).excess(cost) == Excess("latency", 1.0)
    assert asked == ["params", "params", "latency"]


def test_nothing_fits() -> None:
    for pool in (opened(CostLimits({"params": 10, "bytes": 10**9})), closed(20, CostLimits({"params": 10}))):
        with pytest.raises(
            NoResultError, match=r"after \d+ draws; the binding limit is `limits.params` 10: the lowest"
        ):
            pool.sample(np.random.default_rng(0), set())


def test_the_largest_fits_and_a_closed_pool_knows_it_exactly() -> None:
    pool = closed(60, LIMITS)
    fitting = [params(a) for a in pool.architectures]
    largest = params(pool.largest(np.random.default_rng(0)))
    assert largest == max(p for p in fitting if p <= 1_000_000)
    grown = params(opened(LIMITS).largest(np.random.default_rng(0)))
    assert largest <= grown <= 1_000_000


def test_distance_is_a_share_of_the_choices() -> None:
    rng = np.random.default_rng(0)
    a, b = (SPACE.sample(rng) for _ in range(2))
    assert distance(a, a) == 0
    assert distance(a, b) == distance(b, a) > 0
    mutant = SPACE.mutate(a, rng)
    assert 0 < distance(a, mutant) < distance(a, b) <= 1


def test_a_regression_on_choices_finds_what_is_additive() -> None:
    rng = np.random.default_rng(1)
    drawn = [SPACE.sample(rng) for _ in range(80)]
    truth = [3.0 * a.depth - 0.01 * sum(dict(layer)["d_inner"] for layer in a.layers) for a in drawn]  # type: ignore[misc]
    expected = Expectation.fit(drawn[:40], truth[:40])
    rho = stats.spearmanr(expected.of(drawn[40:]), truth[40:]).statistic
    assert rho > 0.95


def test_few_looks_are_enough_where_a_regression_leads() -> None:
    pool = closed(300, CostLimits({}))
    ranked = sorted((heads(a) for a in pool.architectures), reverse=True)
    for seed in range(3):
        guided, random = (max(map(heads, proposed(name, pool, 40, seed)[:40])) for name in ("guided", "random"))
        assert guided >= random
        assert guided >= ranked[2]
