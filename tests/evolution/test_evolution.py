"""The engine: limits, counts, islands and migrations, what reaches DEAP, fronts and the choice."""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lpzero.evolution.island as island_module
from lpzero.errors import InputError, NoResultError
from lpzero.evolution.checkpoint import from_document, to_document
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.discovery.consensus import choose
from lpzero.evolution.evolution import Evolution, State, front
from lpzero.evolution.island import Epoch, Order, evolve_island
from lpzero.fitness import Correlation, Status
from lpzero.formula import canonical_key, parse
from lpzero.formula.grammar import Grammar

Run = Callable[..., tuple[Evolution, Any]]


def _config(**changes: object) -> EvolveConfig:
    values = {"space": "flexibert", "protocol": "trained", "table": "flexibert-glue", "population": 12, "islands": 3}
    return EvolveConfig.model_validate({**values, "epoch": 2, "generations": 4, **changes})


def _spread(config: EvolveConfig, evaluate: Any) -> Callable[[Sequence[Order]], Iterable[Epoch]]:
    return partial(map, lambda order: evolve_island(order, config, evaluate))


@pytest.fixture
def run(landscape: type) -> Run:
    """Carry out an evolution on the landscape."""

    def carry_out(config: EvolveConfig, state: State | None = None, **how: Any) -> tuple[Evolution, Any]:
        evaluate = landscape(**how)
        evolution = Evolution(
            config, _spread(config, evaluate), state or State.fresh(config), lambda _: None, config.seed_formulas
        )
        for _ in evolution.run():
            pass
        return evolution, evaluate

    return carry_out


def test_an_island_evaluates_no_formula_twice(run: Run) -> None:
    evolution, landscape = run(_config(generations=8, islands=1))
    assert len(landscape.met) == len(set(landscape.met)) == len(evolution.state.met)


def test_what_one_island_met_no_island_evaluates_in_a_later_epoch(run: Run) -> None:
    evolution, landscape = run(_config(generations=8, epoch=1))
    # of one epoch islands know nothing of each other: they meet some formulas at once
    assert len(set(landscape.met)) == len(evolution.state.met)
    assert len(landscape.met) < 1.1 * len(set(landscape.met))


@pytest.mark.parametrize("select", ["tournament", "nsga2"])
def test_only_valid_individuals_reach_the_population(run: Run, select: str) -> None:
    evolution, _ = run(_config(select=select))
    assert [len(island.population) for island in evolution.state.islands] == [12] * 3
    for island in evolution.state.islands:
        for individual in island.population:
            assert individual.candidate.status is Status.OK
            assert all(math.isfinite(value) for value in individual.fitness.values)


@pytest.mark.parametrize("select", ["tournament", "nsga2"])
def test_the_best_of_an_island_never_gets_lost(landscape: type, select: str) -> None:
    config = _config(generations=10, epoch=1, restart_after=2, select=select, parsimony=0.0)
    evolution = Evolution(config, _spread(config, landscape()), State.fresh(config), lambda _: None)
    bests = [[max(i.worth for i in island.population) for island in state.islands] for state in evolution.run()]
    for of_one in zip(*bests, strict=True):
        assert list(of_one) == sorted(of_one)
    # an island may begin with a formula that nothing beats
    assert any(of_one[-1] > of_one[0] for of_one in zip(*bests, strict=True))
    assert evolution.state.restarts > 0


@pytest.mark.parametrize(
    ("changes", "stopped_by"),
    [
        ({}, "generations"),
        ({"generations": 0}, "generations"),
        ({"generations": 3}, "generations"),
        ({"max_evals": 30}, "max_evals"),
        ({"max_evals": 1}, "max_evals"),
        ({"max_evals": 250, "generations": 100}, "max_evals"),
        ({"budget": 1e-9}, "budget"),
        ({"generations": 500, "patience": 2}, "patience"),
    ],
)
def test_limits_stop_inside_and_between_generations(run: Run, changes: dict[str, object], stopped_by: str) -> None:
    evolution, _ = run(_config(**changes))
    state = evolution.state
    assert state.stopped_by == stopped_by
    if "max_evals" in changes:
        assert state.evaluated == changes["max_evals"]
    if stopped_by == "generations":
        assert state.generation == _config(**changes).generations
    if stopped_by == "patience":
        assert state.stale == 2


def test_a_time_limit_stops_inside_a_generation(landscape: type) -> None:
    config = _config(budget=0.2, generations=100_000, population=2_000)
    evolution = Evolution(config, _spread(config, landscape()), State.fresh(config), lambda _: None)
    for _ in evolution.run():
        pass
    assert evolution.state.stopped_by == "budget"
    assert evolution.state.seconds < 20


def test_counts_add_up(run: Run) -> None:
    evolution, landscape = run(_config(generations=8))
    state = evolution.state
    assert state.evaluated + sum(state.pruned.values()) == len(set(landscape.met))
    rules = [known.rule for known in landscape([parse(key) for key in set(landscape.met)]) if known.rule is not None]
    assert state.pruned == dict(Counter(rules))


def test_a_ranking_enters_once_and_its_smallest_formula_stands_for_it(run: Run) -> None:
    evolution, landscape = run(_config(generations=3, population=8), rankings=60)
    state = evolution.state
    assert len(state.signatures) <= 60
    assert state.duplicates > 0
    again = landscape([parse(key) for key in dict.fromkeys(landscape.met)])
    ok = [known for known in again if known.ok]
    assert state.duplicates == len(ok) - len({known.signature for known in ok})
    for island in state.islands:
        signatures = [individual.candidate.signature for individual in island.population]
        assert len(signatures) == len(set(signatures))
    smallest: dict[Any, Candidate] = {}
    for known in ok:
        if known.signature not in smallest or known.rank < smallest[known.signature].rank:
            smallest[known.signature] = known
    assert {known.key for known in state.kept} == {known.key for known in smallest.values()}


def test_equal_seeds_give_equal_runs_and_the_global_generators_are_not_used(run: Run) -> None:
    random.seed(1)
    before = random.getstate()
    first, second, other = (run(_config(seed=seed))[1].met for seed in (0, 0, 1))
    assert first == second != other
    assert random.getstate() == before


@pytest.mark.parametrize("select", ["tournament", "nsga2"])
@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_checkpoint_goes_on_as_if_nothing_had_happened(run: Run, landscape: type, select: str, after: int) -> None:
    config = _config(generations=9, select=select, restart_after=2)
    whole, _ = run(config, rankings=300)
    evolution = Evolution(config, _spread(config, landscape(rankings=300)), State.fresh(config), lambda _: None)
    states = evolution.run()
    for _ in range(after):
        state = next(states)
    document = to_document(state)
    resumed, _ = run(config, from_document(document, config), rankings=300)
    one, other = to_document(resumed.state), to_document(whole.state)
    assert {**one, "seconds": 0} == {**other, "seconds": 0}


def test_a_checkpoint_of_another_number_of_islands_is_refused() -> None:
    document = to_document(State.fresh(_config()))
    with pytest.raises(InputError, match="expected a checkpoint of 2 islands, found 3"):
        from_document(document, _config(islands=2))


def test_migrants_reach_the_next_island(landscape: type) -> None:
    def populations(migrants: int) -> list[list[str]]:
        config = _config(generations=2, epoch=2, migrants=migrants)
        evolution = Evolution(config, _spread(config, landscape()), State.fresh(config), lambda _: None)
        for _ in evolution.run():
            pass
        ranked = [sorted(i.population, key=lambda x: (-x.worth, x.candidate.key)) for i in evolution.state.islands]
        return [[individual.candidate.key for individual in population] for population in ranked]

    apart, mixed = populations(0), populations(2)
    for place in range(3):
        assert set(apart[place - 1][:2]) <= set(mixed[place])
        assert set(apart[place][:10]) <= set(mixed[place])
        assert len(mixed[place]) == 12


def test_seeds_and_their_mutants_are_in_the_first_populations(run: Run) -> None:
    seeds = ["sum(l1(weight * grad)) / sum(std(attention))", "mean(log(frobenius(hidden)))", "sum(mean_abs(jacobian))"]
    evolution, landscape = run(_config(generations=0, seed_formulas=[seeds[0], seeds[1]], islands=2, population=40))
    for place in (0, 1):
        assert canonical_key(parse(seeds[place])) in landscape.met
    _, without = run(_config(generations=0, islands=2, population=40))
    near = [sum("attention" in key and "grad" in key for key in met) for met in (landscape.met, without.met)]
    assert near[0] > near[1] + 5
    assert evolution.state.islands[0].population


def _known(text: str, tau: float) -> Candidate:
    correlation = Correlation(tau, tau, tau, 1.0)
    size = parse(text).size
    return Candidate(text, size, Status.OK, objective=tau, signature=0, search=correlation, both=correlation)


def test_the_front_holds_what_no_other_beats_in_size_and_correlation() -> None:
    small, worse = _known("sum(l1(weight))", 0.5), _known("sum(l1(grad))", 0.4)
    large = _known("sum(l1(weight * grad))", 0.6)
    useless = _known("sum(l1(weight * abs(grad)))", 0.55)
    bad = Candidate("sum(l1(head))", 3, Status.NONFINITE)
    archive = {known.key: known for known in (worse, useless, bad, large, small)}
    assert front(archive) == [small, large]


def test_nothing_found_is_said() -> None:
    with pytest.raises(NoResultError, match="no valid formula"):
        choose([], 0.0, lambda _: np.zeros(3))
    config = _config()

    def invalid(formulas: Any) -> list[Candidate]:
        return [Candidate(canonical_key(f), f.size, Status.NONFINITE) for f in formulas]

    with pytest.raises(NoResultError, match="first population"):
        list(Evolution(config, _spread(config, invalid), State.fresh(config), lambda _: None).run())


@pytest.fixture
def two_operands(monkeypatch: pytest.MonkeyPatch) -> None:
    """A grammar of few formulas."""
    monkeypatch.setattr(island_module, "grammar_of", lambda _: Grammar("typed", 4, 4, ("weight", "head")))


@pytest.mark.usefixtures("two_operands")
@pytest.mark.parametrize("elite", [0, 2])
def test_a_drained_grammar_ends_the_run_and_a_resumed_one_stays_ended(run: Run, elite: int) -> None:
    config = _config(max_size=4, max_depth=4, population=4, elite=elite, generations=100_000, islands=2)
    evolution, _ = run(config)
    assert evolution.state.stopped_by == "exhausted"
    assert front(evolution.state.archive)
    state = from_document(to_document(evolution.state), config)
    resumed, landscape = run(config, state)
    assert landscape.met == []
    assert to_document(resumed.state) == to_document(evolution.state)


@pytest.mark.usefixtures("two_operands")
def test_a_drained_grammar_ends_a_run_with_a_number_of_evaluations(run: Run) -> None:
    config = _config(max_size=4, max_depth=4, population=4, generations=100_000, max_evals=100_000)
    assert run(config)[0].state.stopped_by == "exhausted"


def test_the_hash_seed_of_the_interpreter_changes_nothing() -> None:
    script = (
        "import numpy as np\n"
        "from lpzero.evolution.variation import crossover, mutate\n"
        "from lpzero.formula.grammar import draw, get_grammar\n"
        "grammar, rng = get_grammar('typed'), np.random.default_rng(0)\n"
        "parents = [draw(grammar, rng) for _ in range(20)]\n"
        "for a, b in zip(parents, parents[1:]):\n"
        "    print(mutate(crossover(a, b, grammar, rng), grammar, rng))\n"
    )
    root = str(Path(__file__).resolve().parents[2])
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": root, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
