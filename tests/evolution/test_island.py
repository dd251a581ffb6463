"""One island's epoch: pure, within its order, and what it tells."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from lpzero.evolution.archive import key_hash
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.config import TablePart
from lpzero.evolution.individual import Individual
from lpzero.evolution.island import Epoch, Island, Order, evolve_island, grammar_of, migrate
from lpzero.operands.operand import OPERANDS

CONFIG = EvolveConfig(space="flexibert", protocol="trained", table="flexibert-glue", population=20, restart_after=2)
NOTHING = np.empty(0, dtype=np.int64)


def _order(island: Island, generations: int = 3, **limits: Any) -> Order:
    return Order(island, NOTHING, NOTHING, generations, **limits)


def _told(epoch: Epoch) -> tuple[Any, ...]:
    keys = [individual.candidate.key for individual in epoch.island.population]
    return keys, epoch.generations, [known.key for known in epoch.candidates], epoch.island.rng.bit_generator.state


def test_an_epoch_is_pure_here_and_behind_a_pickle(landscape: type) -> None:
    begun = evolve_island(_order(Island(np.random.default_rng(0))), CONFIG, landscape()).island
    before = begun.rng.bit_generator.state, list(begun.population), begun.stale
    first, second = (evolve_island(_order(begun), CONFIG, landscape()) for _ in range(2))
    assert _told(first) == _told(second)
    assert (begun.rng.bit_generator.state, begun.population, begun.stale) == before
    elsewhere = pickle.loads(pickle.dumps(_order(begun)))  # noqa: S301  (what a worker receives)
    sent_back = pickle.dumps(evolve_island(elsewhere, CONFIG, landscape()))
    assert _told(pickle.loads(sent_back)) == _told(first)  # noqa: S301


def test_what_was_met_before_is_not_met_again(landscape: type) -> None:
    first = evolve_island(_order(Island(np.random.default_rng(0))), CONFIG, landscape())
    met = np.sort([key for generation in first.generations for key, _, _ in generation.met])
    signatures = np.sort([known.signature for known in first.candidates])
    again = evolve_island(Order(Island(np.random.default_rng(0)), met, signatures, 3), CONFIG, landscape())
    assert not set(met.tolist()) & {key for generation in again.generations for key, _, _ in generation.met}
    assert not {i.candidate.signature for i in again.island.population} & set(signatures.tolist())


@pytest.mark.parametrize("evaluations", [0, 1, 7, 45])
def test_no_more_is_evaluated_than_the_order_allows(landscape: type, evaluations: int) -> None:
    epoch = evolve_island(_order(Island(np.random.default_rng(0)), evaluations=evaluations), CONFIG, landscape())
    rules = [rule for generation in epoch.generations for _, rule, _ in generation.met]
    assert rules.count(None) == evaluations
    assert epoch.generations[-1].stopped_by == "max_evals"


def test_what_is_told_is_what_was_met(landscape: type) -> None:
    evaluate = landscape()
    epoch = evolve_island(_order(Island(np.random.default_rng(0))), CONFIG, evaluate)
    assert [key for generation in epoch.generations for key, _, _ in generation.met] == list(
        map(key_hash, evaluate.met)
    )
    bests = [generation.best for generation in epoch.generations]
    assert bests == sorted(bests)  # type: ignore[type-var]
    assert bests[-1] == max(individual.worth for individual in epoch.island.population) == epoch.island.best


def test_migrants_with_ranks_that_are_there_stay_at_home_and_the_best_is_not_replaced(landscape: type) -> None:
    def island(seed: int) -> Island:
        return evolve_island(_order(Island(np.random.default_rng(seed))), CONFIG, landscape()).island

    twins = [island(0), island(0)]
    before = [list(twin.population) for twin in twins]
    migrate(twins, 5)
    assert [twin.population for twin in twins] == before
    two = [island(0), island(1)]
    best: list[Individual] = [max(one.population, key=lambda individual: individual.worth) for one in two]
    migrate(two, 19)
    for one, own in zip(two, best, strict=True):
        assert own in one.population
        assert len(one.population) == 20
    empty = [island(0), Island(np.random.default_rng(3))]
    migrate(empty, 4)
    assert len(empty[1].population) == 4


def test_the_grammar_of_a_run_has_no_operand_that_one_of_its_spaces_lacks(small: dict[str, Any]) -> None:
    every = set(grammar_of(EvolveConfig(**small)).operands)
    assert every == set(OPERANDS)
    recurrent = EvolveConfig(**{**small, "space": "rnn", "protocol": "own", "table": "rnn-own"})
    assert every - set(grammar_of(recurrent).operands) == {"attention", "head"}
    part = TablePart(table="rnn-own", space="rnn", protocol="own", search_size=8, validation_size=4, table_sha256="")
    beside = EvolveConfig(**{**small, "objective": "joint", "beside": [part]})
    assert grammar_of(beside) == grammar_of(recurrent)
