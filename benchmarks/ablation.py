"""What each part of the search is worth: one setting changed at a time, over splits, on architectures not searched on.

Everything is on sketches, test architectures included, so that many searches cost little: this compares settings, and
its figures are no results of a table. All settings see the same initialisation, and all but those of other sizes the
same splits; the enumeration that some start from is no part of the counted evaluations. Use a seed that no reported
result has.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
import torch
from banked import banked, begun
from choice import branch_values, quiet, tau_a
from record import record

from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.consensus import choose, choose_among
from lpzero.evolution.discovery.setting import Setting
from lpzero.evolution.enumeration.classes import enumerate_pairs
from lpzero.evolution.evolution import Evolution, State
from lpzero.evolution.island import Epoch, Order, evolve_island
from lpzero.evolution.run import prepare
from lpzero.evolution.start import find_start
from lpzero.evolution.together import Together
from lpzero.fitness import split
from lpzero.fitness.batch import rank_statistics
from lpzero.formula import Formula
from lpzero.formula.branches import branches
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.grammar import OVER_LAYERS
from lpzero.formula.values import SketchSource
from lpzero.operands.bank import read_sketch
from lpzero.operands.operand import WHOLE_OPERANDS
from lpzero.operands.packed import Packed
from lpzero.operands.sketch import Sketch
from lpzero.progress import unwatched
from lpzero.seeds import derived_seed

EVALUATIONS = 20_000
CHUNK = 100
FIXED: dict[str, Any] = {"max_evals": EVALUATIONS, "generations": 100_000}
RANDOM = {"start": "random"}
EVOLUTIONS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "random start": RANDOM,
    "random start, no rules": {**RANDOM, "rules": False},
    "random start, grammar lpzero": {**RANDOM, "grammar": "lpzero"},
    "random start, grammar layered": {**RANDOM, "grammar": "layered"},
    "random start, 1 island of 800": {**RANDOM, "islands": 1, "population": 800},
    "random start, 8 islands of 100": {**RANDOM, "islands": 8, "population": 100},
    "random start, 4 islands of 50": {**RANDOM, "population": 50},
    "random start, 4 islands of 800": {**RANDOM, "population": 800},
    "random start, no parsimony": {**RANDOM, "parsimony": 0.0},
    "random start, search split alone": {**RANDOM, "objective": "plain"},
    "random start, NSGA-II": {**RANDOM, "select": "nsga2"},
    "random search": {**RANDOM, "islands": 1, "population": EVALUATIONS, "generations": 0},
}
SIZES = (10, 25, 50, 100, 200)
UNARY = (0, 1, 2)


@dataclass(frozen=True)
class Trials:
    """What all settings share: the records' sketches and the splits."""

    table: str
    space: str
    protocol: str
    seed: int
    splits: int
    jobs: int

    def setting(self, number: int, **changed: Any) -> Setting[EvolveConfig]:
        """One split under changed settings, the same architectures first whatever its size."""
        named = {"space": self.space, "protocol": self.protocol, "table": self.table, "seed": self.seed}
        setting = prepare(EvolveConfig(**named, **{**FIXED, **changed}))
        rng = np.random.default_rng(derived_seed(self.seed, "ablation", str(number)))
        config = setting.config
        parts = split(setting.groups, search=config.search_size, validation=config.validation_size, rng=rng)
        return replace(setting, parts=parts)


@lru_cache(maxsize=1)
def sketches_of(trials: Trials) -> list[Sketch]:
    """Of every record."""
    setting = trials.setting(0)
    architectures = [record.architecture for record in setting.table.records]
    return [read_sketch(path) for path in banked(setting.space, architectures, setting.probe, trials.jobs)]


@lru_cache(maxsize=64)
def enumerated(trials: Trials, number: int, size: int) -> tuple[str, ...]:
    """Where the settings with an enumeration start."""
    setting = trials.setting(number, search_size=size, validation_size=size)
    paths = banked(setting.space, setting.seen_architectures, setting.probe, trials.jobs)
    packed = Packed.of_sketches([read_sketch(path) for path in paths])
    found = find_start(Together((setting,)), packed, jobs=trials.jobs, watch=unwatched)
    return tuple(found.formulas)


def evolved(trials: Trials, number: int, **changed: Any) -> float:
    """Tau-a on the test architectures of what one evolution chooses."""
    setting = trials.setting(number, **changed)
    config = setting.config
    evaluation = begun(setting, trials.jobs)
    start = enumerated(trials, number, config.search_size) if config.start == "enumeration" else ()

    def carry_out(order: Order) -> Epoch:
        return evolve_island(order, config, evaluation)

    evolution = Evolution(config, partial(map, carry_out), State.fresh(config), lambda _: None, start)
    for _ in evolution.run():
        pass
    chosen = evaluation.final(choose(evolution.state.kept, config.parsimony, evaluation.scores))
    return tested(trials, setting, chosen.formula, higher=bool(chosen.higher_is_better))


def tested(trials: Trials, setting: Setting[EvolveConfig], formula: Formula, *, higher: bool) -> float:
    """Tau-a on the test architectures."""
    test = list(setting.parts.test)
    chosen = [sketches_of(trials)[i] for i in test]
    parts = [chosen[begin : begin + CHUNK] for begin in range(0, len(chosen), CHUNK)]
    scores = np.concatenate([Evaluator(SketchSource(part)).scores(formula) for part in parts])
    found = rank_statistics(torch.from_numpy(scores)[None], torch.from_numpy(setting.table.oriented[test])).tau_a[0]
    return float(found) if higher else -float(found)


def enumeration(trials: Trials, number: int, grammar: str, unary: int, values: np.ndarray) -> float:
    """Tau-a on the test architectures of what an enumeration chooses.

    Args:
        trials: The trials.
        number: Number of the split.
        grammar: One of ``OVER_LAYERS``.
        unary: Unary primitives of a branch.
        values: (branches, records) float64.
    """
    setting = trials.setting(number)
    seen, test = setting.seen, list(setting.parts.test)
    quality = setting.table.oriented
    classes = enumerate_pairs(
        branches(WHOLE_OPERANDS, OVER_LAYERS[grammar], unary),
        values[:, seen],
        quality[seen],
        searched=len(setting.parts.search),
        keep=20_000,
        jobs=trials.jobs,
        progress=quiet,
        count=False,
    ).classes
    made = classes.directed(values)
    both = tau_a(made[:, seen], quality[seen])
    chosen = choose_among(made[:, seen], np.where((both > -2) & ~classes.refused, both, np.nan))
    return float(tau_a(made[chosen : chosen + 1, test], quality[test])[0])


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", default="flexibert-glue")
    parser.add_argument("--space", default="flexibert")
    parser.add_argument("--protocol", default="trained")
    parser.add_argument("--seed", type=int, default=10)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(1)
    trials = Trials(options.table, options.space, options.protocol, options.seed, options.splits, options.jobs)
    numbers = range(options.splits)
    reached: dict[str, Sequence[float]] = {}

    def keep(name: str, taus: Sequence[float]) -> None:
        reached[name] = taus
        print(name, [round(tau, 3) for tau in taus], flush=True)

    for name, changed in EVOLUTIONS.items():
        keep(f"evolve: {name}", [evolved(trials, number, **changed) for number in numbers])
    records = len(trials.setting(0).table.records)
    for size in SIZES:
        # at least a quarter of the table is left to test on
        if 2 * size <= 0.75 * records:
            changed = {"search_size": size, "validation_size": size, **RANDOM}
            keep(
                f"evolve: random start, {size} + {size} architectures", [evolved(trials, n, **changed) for n in numbers]
            )
    for grammar, unary in (*(("lpzero", unary) for unary in UNARY), ("layered", 1)):
        found = branches(WHOLE_OPERANDS, OVER_LAYERS[grammar], unary)
        values = branch_values(found, options.table, options.protocol, options.seed, options.jobs)
        taus = [enumeration(trials, number, grammar, unary, values) for number in numbers]
        keep(f"enumerate: {grammar}, {unary} unary primitives ({len(found)} branches)", taus)
    record(
        f"ablation-{options.table}-{options.protocol}",
        " ".join(["python benchmarks/ablation.py", *sys.argv[1:]]),
        ["setting", "median tau-a on the rest", "lowest", "highest"],
        [[name, statistics.median(taus), min(taus), max(taus)] for name, taus in reached.items()],
        splits=options.splits,
        evaluations_of_every_evolution=EVALUATIONS,
        sketch="all figures are on sketches",
    )


if __name__ == "__main__":
    main()
