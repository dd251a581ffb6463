"""New distinct formulas a second of an evolution, bank built, in CPU seconds: a busy machine changes little."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from functools import partial

import torch
from banked import begun
from record import record

from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.evolution import Evolution, State
from lpzero.evolution.island import Epoch, Order, evolve_island
from lpzero.evolution.run import prepare


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", default="flexibert-glue")
    parser.add_argument("--protocol", default="trained")
    parser.add_argument("--generations", type=int, default=25)
    parser.add_argument("--space", default="flexibert")
    parser.add_argument("--grammar", default="typed")
    parser.add_argument("--objective", default="plain")
    parser.add_argument("--select", default="tournament")
    options = parser.parse_args()
    torch.set_num_threads(1)
    config = EvolveConfig(start="random", **vars(options))
    evaluate = begun(prepare(config))

    def carry_out(order: Order) -> Epoch:
        return evolve_island(order, config, evaluate)

    rows, before, started = [], (0, 0.0), time.process_time()
    for state in Evolution(config, partial(map, carry_out), State.fresh(config), lambda _: None).run():
        if state.stopped_by:
            break
        new, seconds = state.evaluated - state.duplicates, time.process_time() - started
        speed = (new - before[0]) / (seconds - before[1])
        rows.append([state.generation, state.evaluated, state.duplicates, sum(state.pruned.values()), seconds, speed])
        before = new, seconds
    record(
        f"{options.grammar}-speed-{options.table}-{options.protocol}",
        " ".join(["python benchmarks/typed_speed.py", *sys.argv[1:]]),
        ["generation", "evaluated", "duplicates", "pruned", "CPU seconds", "new distinct formulas a CPU second"],
        rows,
        architectures=config.search_size + config.validation_size,
        islands=config.islands,
        steady_state=round(statistics.median(row[-1] for row in rows[1:])),
    )


if __name__ == "__main__":
    main()
