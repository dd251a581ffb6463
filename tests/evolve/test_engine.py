"""The engine: limits, no second evaluation, what reaches DEAP, fronts and the choice."""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lpzero.errors import NoResultError
from lpzero.evolve.checkpoint import from_document, to_document
from lpzero.evolve.config import EvolveConfig
from lpzero.evolve.engine import Evolution, State, choose, front
from lpzero.evolve.individual import Evaluated
from lpzero.fitness import Correlation, Status
from lpzero.formula import Formula, canonical, canonical_key, parse
from lpzero.formula.rules import pruned_by


class Landscape:
    """A pure evaluation without models: a number that follows from the text, and every status."""

    def __init__(self) -> None:
        self.met: list[str] = []

    def __call__(self, formula: Formula) -> Evaluated:
        """Evaluate."""
        formula = canonical(formula)
        key = formula.text
        self.met.append(key)
        rule = pruned_by(formula)
        if rule is not None:
            return Evaluated(key, formula, Status.PRUNED, rule)
        worth = np.random.default_rng(sum(key.encode())).random(2)
        if worth[0] < 0.1:
            return Evaluated(key, formula, Status.NONFINITE)
        if worth[0] < 0.2:
            return Evaluated(key, formula, Status.CONSTANT)
        search, both = (Correlation(w, w, w, 1.0) for w in worth)
        return Evaluated(key, formula, Status.OK, search=search, validation=both, both=both)


def _config(**changes: object) -> EvolveConfig:
    values = {"space": "flexibert", "protocol": "trained", "table": "flexibert-glue", "population": 12}
    return EvolveConfig.model_validate({**values, "generations": 4, **changes})


def _run(config: EvolveConfig, state: State | None = None) -> tuple[Evolution, Landscape]:
    landscape = Landscape()
    evolution = Evolution(config, landscape, state or State(np.random.default_rng(config.seed)), lambda _: None)
    for _ in evolution.run():
        pass
    return evolution, landscape


def test_no_formula_is_evaluated_twice() -> None:
    evolution, landscape = _run(_config(generations=8))
    assert len(landscape.met) == len(set(landscape.met)) == len(evolution.state.archive)


def test_only_valid_individuals_reach_the_population() -> None:
    evolution, _ = _run(_config())
    assert len(evolution.state.population) == 12
    for individual in evolution.state.population:
        assert individual.evaluated.status is Status.OK
        assert math.isfinite(individual.fitness.values[0])


def test_the_best_never_gets_lost() -> None:
    config = _config(generations=10)
    landscape = Landscape()
    evolution = Evolution(config, landscape, State(np.random.default_rng(0)), lambda _: None)
    bests = [max(individual.fitness.values[0] for individual in state.population) for state in evolution.run()]
    assert bests == sorted(bests)
    assert bests[-1] > bests[0]


@pytest.mark.parametrize(
    ("changes", "stopped_by"),
    [
        ({}, "generations"),
        ({"generations": 0}, "generations"),
        ({"max_evals": 30}, "max_evals"),
        ({"max_evals": 1}, "max_evals"),
        ({"budget": 1e-9}, "budget"),
        ({"generations": 500, "patience": 2}, "patience"),
    ],
)
def test_limits_stop_inside_and_between_generations(changes: dict[str, object], stopped_by: str) -> None:
    evolution, _ = _run(_config(**changes))
    assert evolution.state.stopped_by == stopped_by
    if "max_evals" in changes:
        assert evolution.state.evaluated == changes["max_evals"]
    if stopped_by == "generations":
        assert evolution.state.generation == _config(**changes).generations


def test_counts_add_up() -> None:
    evolution, landscape = _run(_config(generations=8))
    state = evolution.state
    assert state.evaluated + sum(state.pruned.values()) == len(landscape.met)
    assert state.pruned


def test_equal_seeds_give_equal_runs_and_the_global_generators_are_not_used() -> None:
    random.seed(1)
    before = random.getstate()
    first, second, other = (_run(_config(seed=seed))[0].state for seed in (0, 0, 1))
    assert list(first.archive) == list(second.archive) != list(other.archive)
    assert random.getstate() == before


def test_a_checkpoint_goes_on_as_if_nothing_had_happened() -> None:
    config = _config(generations=6)
    whole, _ = _run(config)
    landscape = Landscape()
    evolution = Evolution(config, landscape, State(np.random.default_rng(config.seed)), lambda _: None)
    states = evolution.run()
    for _ in range(3):
        state = next(states)
    document = to_document(state)
    resumed, again = _run(config, from_document(document, config.parsimony))
    assert list(resumed.state.archive) == list(whole.state.archive)
    assert [i.evaluated for i in resumed.state.population] == [i.evaluated for i in whole.state.population]
    assert not set(again.met) & {known["key"] for known in document["archive"]}
    assert to_document(resumed.state)["rng"] == to_document(whole.state)["rng"]


def _known(text: str, tau: float) -> Evaluated:
    correlation = Correlation(tau, tau, tau, 1.0)
    return Evaluated(text, parse(text), Status.OK, search=correlation, both=correlation)


def test_the_front_holds_what_no_other_beats_in_size_and_correlation() -> None:
    small, worse = _known("sum(l1(weight))", 0.5), _known("sum(l1(grad))", 0.4)
    large = _known("sum(l1(weight * grad))", 0.6)
    useless = _known("sum(l1(weight * abs(grad)))", 0.55)
    bad = Evaluated("x", parse("sum(l1(head))"), Status.NONFINITE)
    archive = {known.key: known for known in (worse, useless, bad, large, small)}
    assert front(archive) == [small, large]
    assert choose([small, large], parsimony=0.0) is large
    assert choose([small, large], parsimony=0.1) is small


def test_nothing_found_is_said() -> None:
    with pytest.raises(NoResultError, match="no valid formula"):
        choose([], 0.0)
    with pytest.raises(NoResultError, match="first population"):
        evolution = Evolution(
            _config(),
            lambda f: Evaluated(canonical_key(f), f, Status.NONFINITE),
            State(np.random.default_rng(0)),
            lambda _: None,
        )
        list(evolution.run())


@pytest.mark.parametrize("elite", [0, 2])
def test_a_drained_grammar_ends_the_run_and_a_resumed_one_stays_ended(elite: int) -> None:
    config = _config(max_size=4, max_depth=4, population=4, elite=elite, generations=100_000)
    evolution, _ = _run(config)
    assert evolution.state.stopped_by == "exhausted"
    assert front(evolution.state.archive)
    state = from_document(to_document(evolution.state), config.parsimony)
    resumed, landscape = _run(config, state)
    assert landscape.met == []
    assert to_document(resumed.state) == to_document(evolution.state)


def test_the_hash_seed_of_the_interpreter_changes_nothing() -> None:
    script = (
        "import numpy as np\n"
        "from lpzero.evolve.variation import crossover, mutate\n"
        "from lpzero.formula.grammar import draw, grammar\n"
        "rules, rng = grammar('typed'), np.random.default_rng(0)\n"
        "parents = [draw(rules, rng) for _ in range(20)]\n"
        "for a, b in zip(parents, parents[1:]):\n"
        "    print(mutate(crossover(a, b, rules, rng), rules, rng))\n"
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
