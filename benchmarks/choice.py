"""Which of an enumeration's best formulas to choose: ways to choose compared on architectures that none of them saw.

Everything is on sketches, test architectures included, so that many splits cost little: this is for deciding how to
choose, never for reporting what was found. Use other seeds than those of reported results.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence

import numpy as np
import torch
from banked import banked
from record import record

from lpzero.evolution.discovery.consensus import choose_among
from lpzero.evolution.enumeration.classes import Classes, enumerate_pairs
from lpzero.fitness import split
from lpzero.fitness.batch import rank_statistics
from lpzero.formula import Formula
from lpzero.formula.branches import branches
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.values import SketchSource
from lpzero.operands.bank import read_sketch
from lpzero.operands.operand import WHOLE_OPERANDS
from lpzero.operands.probe import Probe
from lpzero.seeds import derived_seed
from lpzero.tables import load_table

CHUNK = 100


def quiet(_done: int, _total: int) -> None:
    """Say nothing."""


def tau_a(scores: np.ndarray, quality: np.ndarray) -> np.ndarray:
    """(candidates,) tau-a, -2 where a score is not finite."""
    found = rank_statistics(torch.from_numpy(np.ascontiguousarray(scores)), torch.from_numpy(quality)).tau_a.numpy()
    return np.nan_to_num(found, nan=-2.0)


def choices(classes: Classes, values: np.ndarray, quality: np.ndarray, searched: int) -> dict[str, int]:
    """The class that each way to choose chooses, by search and validation alone."""
    search, validation = (
        tau_a(values[:, :searched], quality[:searched]),
        tau_a(values[:, searched:], quality[searched:]),
    )
    both = tau_a(values, quality)
    found = {
        "best on search": int(np.argmax(search)),
        "best on validation": int(np.argmax(validation)),
        "best on the worse of the two": int(np.argmax(np.minimum(search, validation))),
        "best on both": int(np.argmax(both)),
        "best on both, .005 a node": int(np.argmax(both - 0.005 * classes.size)),
    }
    ranked = np.where(both > -2, both, np.nan)
    found |= {f"consensus of {n}": choose_among(values, ranked, committee=n) for n in (10, 30, 100, 300, 1000)}
    return found


def branch_values(found: Sequence[Formula], table: str, protocol: str, seed: int, jobs: int) -> np.ndarray:
    """(branches, records) on sketches."""
    loaded = load_table(table)
    space, architectures = loaded.search_space(protocol), [record.architecture for record in loaded.records]
    sketches = [read_sketch(path) for path in banked(space, architectures, Probe(seed=seed), jobs)]
    columns = []
    for begin in range(0, len(sketches), CHUNK):
        evaluator = Evaluator(SketchSource(sketches[begin : begin + CHUNK]))
        columns.append(np.array([evaluator.scores(branch) for branch in found]))
    return np.concatenate(columns, axis=1)


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", default="flexibert-glue")
    parser.add_argument("--protocol", default="trained")
    parser.add_argument("--seed", type=int, default=10)
    parser.add_argument("--splits", type=int, default=6)
    parser.add_argument("--size", type=int, default=50)
    parser.add_argument("--keep", type=int, default=20_000)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    found, table = branches(WHOLE_OPERANDS), load_table(options.table)
    scores = branch_values(found, options.table, options.protocol, options.seed, options.jobs)
    groups = table.groups(table.search_space(options.protocol))
    reached: dict[str, list[float]] = {}
    for number in range(options.splits):
        rng = np.random.default_rng(derived_seed(options.seed, "choice", str(number)))
        parts = split(groups, search=options.size, validation=options.size, rng=rng)
        seen, test = [*parts.search, *parts.validation], list(parts.test)
        enumeration = enumerate_pairs(
            found,
            scores[:, seen],
            table.oriented[seen],
            searched=len(parts.search),
            keep=options.keep,
            jobs=options.jobs,
            progress=quiet,
        )
        values = enumeration.classes.directed(scores)
        unseen = tau_a(values[:, test], table.oriented[test])
        for name, chosen in choices(
            enumeration.classes, values[:, seen], table.oriented[seen], len(parts.search)
        ).items():
            reached.setdefault(name, []).append(float(unseen[chosen]))
        reached.setdefault("best of all kept, by the test itself", []).append(float(unseen.max()))
        print({name: round(taus[-1], 3) for name, taus in reached.items()}, flush=True)
    rows = [[name, statistics.median(taus), min(taus), max(taus)] for name, taus in reached.items()]
    record(
        f"choice-{options.table}-{options.protocol}",
        " ".join(["python benchmarks/choice.py", *sys.argv[1:]]),
        ["chosen", "median tau-a on the rest", "lowest", "highest"],
        rows,
        splits=options.splits,
        kept=options.keep,
        sketch="all figures are on sketches",
    )


if __name__ == "__main__":
    main()
