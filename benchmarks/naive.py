"""The typed search against a naive evaluator: build every architecture and run it, for every candidate.

That is what the published code does; this one is written for the comparison, on the same operands. Both evaluate
formulas on the same search and validation architectures, in one process and one run.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from functools import partial

import numpy as np
import torch
from banked import begun
from record import record

from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.setting import Setting
from lpzero.evolution.evolution import Evolution, State
from lpzero.evolution.island import Epoch, Order, evolve_island
from lpzero.evolution.run import prepare
from lpzero.formula import Formula
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.grammar import draw, get_grammar
from lpzero.formula.values import ExactSource
from lpzero.operands.probe import untrained_operands
from lpzero.tables import get_entry, load_table


def naive_seconds(setting: Setting[EvolveConfig], formula: Formula, architectures: int) -> float:
    """Seconds to score one candidate on every architecture that a search sees, from the first few of them."""
    seen = setting.seen_architectures
    started = time.process_time()
    for architecture in seen[:architectures]:
        Evaluator(ExactSource(untrained_operands(setting.space, architecture, setting.probe))).scores(formula)
    return (time.process_time() - started) * len(seen) / architectures


def typed_seconds(setting: Setting[EvolveConfig]) -> float:
    """Seconds a new distinct formula of the typed search, over the second half of a run."""
    config, evaluate = setting.config, begun(setting)

    def carry_out(order: Order) -> Epoch:
        return evolve_island(order, config, evaluate)

    evolution = Evolution(config, partial(map, carry_out), State.fresh(config), lambda _: None)
    marks = [(time.process_time(), state.evaluated - state.duplicates) for state in evolution.run()]
    (before, fewer), (after, more) = marks[len(marks) // 2], marks[-1]
    return (after - before) / (more - fewer)


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", default="flexibert-glue")
    parser.add_argument("--candidates", type=int, default=5)
    parser.add_argument("--architectures", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(1)
    entry = get_entry(options.table)
    config = EvolveConfig(
        start="random",
        space=entry.space,
        protocol=load_table(options.table).protocols[0],
        table=options.table,
        generations=25,
    )
    setting = prepare(config)
    rules, rng = get_grammar("typed"), np.random.default_rng(0)
    drawn = [draw(rules, rng) for _ in range(options.candidates)]
    naive = [naive_seconds(setting, formula, options.architectures) for formula in drawn]
    typed = typed_seconds(setting)
    record(
        f"naive-{options.table}-{config.protocol}",
        " ".join(["python benchmarks/naive.py", *sys.argv[1:]]),
        ["evaluator", "CPU seconds a candidate", "candidates a CPU second", "times the naive one"],
        [
            ["naive, median", statistics.median(naive), 1 / statistics.median(naive), 1.0],
            ["typed search, steady state", typed, 1 / typed, statistics.median(naive) / typed],
        ],
        architectures=len(setting.seen),
        naive_candidates=options.candidates,
        naive_architectures=f"{options.architectures}, scaled to all",
    )


if __name__ == "__main__":
    main()
