"""How much of an exact ranking a sketch keeps: rank correlation of sketched with exact scores, by sketch size."""

from __future__ import annotations

import argparse
import sys

import numpy as np
import torch
from record import record
from scipy import stats

from lpzero.formula import Formula
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.grammar import draw, get_grammar
from lpzero.formula.rules import pruned_by
from lpzero.formula.values import ExactSource, SketchSource
from lpzero.operands.probe import Probe, untrained_operands
from lpzero.operands.sketch import Sketch, sketch
from lpzero.seeds import derived_seed
from lpzero.spaces import get_space
from lpzero.tables import load_table

SIZES = (64, 128, 256, 512, 1024)


def formulas(number: int) -> list[Formula]:
    """Random formulas that no rule refuses."""
    rules, rng = get_grammar("typed"), np.random.default_rng(0)
    found: list[Formula] = []
    while len(found) < number:
        formula = draw(rules, rng)
        if pruned_by(formula) is None:
            found.append(formula)
    return found


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--protocol", default="trained")
    parser.add_argument("--architectures", type=int, default=60)
    parser.add_argument("--formulas", type=int, default=300)
    options = parser.parse_args()
    torch.set_num_threads(1)
    space, probe = get_space("flexibert", options.protocol), Probe()
    candidates = formulas(options.formulas)
    exact = np.empty((len(candidates), options.architectures))
    sketches: dict[int, list[Sketch]] = {size: [] for size in SIZES}
    for i, record_ in enumerate(load_table("flexibert-glue").records[: options.architectures]):
        operands = untrained_operands(space, record_.architecture, probe)
        evaluator = Evaluator(ExactSource(operands))
        exact[:, i] = [evaluator.scores(formula)[0] for formula in candidates]
        for size in SIZES:
            sketches[size].append(sketch(operands, elements=size, seed=derived_seed(0, "sketch")))
    rows = []
    for size in SIZES:
        evaluator = Evaluator(SketchSource(sketches[size]))
        taus = []
        for formula, row in zip(candidates, exact, strict=True):
            scores = evaluator.scores(formula)
            usable = np.isfinite(scores).all() and np.isfinite(row).all() and len(set(row)) > 1 < len(set(scores))
            if usable:
                taus.append(float(stats.kendalltau(scores, row).statistic))
        quartiles = np.quantile(taus, [0.25, 0.5, 0.75])
        rows.append([size, len(taus), *map(float, quartiles), float(np.mean(np.array(taus) > 0.9))])
    record(
        f"sketch-{options.protocol}",
        " ".join(["python benchmarks/sketch.py", *sys.argv[1:]]),
        ["elements", "formulas", "tau, lower quartile", "tau, median", "tau, upper quartile", "share above .9"],
        rows,
        architectures=options.architectures,
    )


if __name__ == "__main__":
    main()
