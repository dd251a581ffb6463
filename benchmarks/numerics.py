"""What float32 costs: rank agreement with float64, of formulas evaluated on sketches and of whole passes."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from record import record
from scipy import stats
from torch import Tensor

from lpzero.engines import open_engine
from lpzero.fitness import judge
from lpzero.fitness.correlation import net_pairs
from lpzero.formula import Formula
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.grammar import draw, get_grammar
from lpzero.formula.rules import pruned_by
from lpzero.formula.values import ExactSource, ExactTensor, SketchedTensor, SketchSource, SketchWeights
from lpzero.operands.bank import fill_bank, read_sketch
from lpzero.operands.extract import Operands, extract
from lpzero.operands.operand import OPERANDS
from lpzero.operands.packed import Packed
from lpzero.operands.probe import Probe, probe_batch, untrained_model
from lpzero.paths import cache_home
from lpzero.proxy import load_proxy, proxy_names
from lpzero.spaces import get_space
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table, load_table

TABLES = {"flexibert-glue": ("flexibert", "trained"), "gpt2-wt103": ("gpt2", "lts")}
WORST = 5


class DoubleSketches(SketchSource):
    """Sketches whose values and weights are float64; what they were rounded to before stays."""

    def tensor(self, name: str) -> SketchedTensor:
        """The value of an operand by its name."""
        found = super().tensor(name)
        weights = SketchWeights.counted(found.weights.double(), found.weights.counts)
        return replace(found, values=found.values.double(), weights=weights)


class DoubleOperands(ExactSource):
    """The operands of a model in float64, as they are."""

    def tensor(self, name: str) -> ExactTensor:
        """The value of an operand by its name."""
        return replace(super().tensor(name), tensors=tuple(self._operands.select(OPERANDS[name])[1]))


def drawn(number: int, seed: int) -> list[Formula]:
    """Random formulas that no rule refuses and that sketches allow."""
    rules, rng = get_grammar("typed"), np.random.default_rng(seed)
    found: dict[str, Formula] = {}
    while len(found) < number:
        formula = draw(rules, rng)
        if pruned_by(formula) is None and not formula.needs_axes:
            found[formula.text] = formula
    return list(found.values())


def shipped(*, axes: bool) -> list[Formula]:
    """The formulas of the proxies that ship; those that need the axes of tensors only where they are asked for."""
    proxies = [load_proxy(name).formula for name in proxy_names()]
    return [formula for formula in proxies if formula is not None and (axes or not formula.needs_axes)]


def compared(name: str, formulas: list[Formula], single: np.ndarray, double: np.ndarray, quality: np.ndarray) -> Any:
    """A row of figures, and what lies behind it.

    Args:
        name: Of the row.
        formulas: The formulas.
        single: (formulas, architectures) scores in float32.
        double: The same in float64.
        quality: (architectures,), higher is better.

    Returns:
        ``(row, statuses, worst)``.
    """
    statuses: Counter[str] = Counter()
    agreement: dict[str, float] = {}
    equal, moved = [], []
    for formula, one, two in zip(formulas, single, double, strict=True):
        before, after = judge(one, quality), judge(two, quality)
        statuses[f"{before.status.value} -> {after.status.value}"] += 1
        if before.correlation is not None and after.correlation is not None:
            # of the pairs that float64 puts in an order: 1 where float32 puts all of them in the same one
            agreement[formula.text] = net_pairs(one, two) / net_pairs(two, two)
            equal.append(np.array_equal(stats.rankdata(one), stats.rankdata(two)))
            moved.append(abs(before.correlation.tau_a - after.correlation.tau_a))
    same = sum(number for pair, number in statuses.items() if len(set(pair.split(" -> "))) == 1)
    values = np.array(list(agreement.values()))
    quantiles = [float(np.quantile(values, share)) for share in (0.0, 0.01, 0.05, 0.5)]
    changes = [float(np.median(moved)), float(np.quantile(moved, 0.99)), float(np.max(moved))]
    row = [name, len(formulas), same, len(values), float(np.mean(equal)), *quantiles, *changes]
    worst = sorted(agreement.items(), key=lambda item: item[1])[:WORST]
    return row, dict(sorted(statuses.items())), [f"{value:.4f} {text}" for text, value in worst if value < 1]


HEADER = [
    *("formulas of", "number", "same status", "ok in both", "equal ranking"),
    *("agreement, least", "1 %", "5 %", "median"),
    *("change of tau-a, median", "99 %", "most"),
]


def sketched(table: Table, space: SearchSpace, probe: Probe, formulas: list[Formula], jobs: int) -> list[np.ndarray]:
    """Scores (formulas, architectures) on sketches in float32, as a search computes them, and in float64."""
    architectures = [one.architecture for one in table.records]
    with open_engine(None, jobs) as engine:
        banked = fill_bank(
            space, architectures, probe, home=cache_home(), engine=engine, progress=lambda _done, _total: None
        )
    assert not banked.faults
    packed = Packed.of_sketches([read_sketch(path) for path in banked.paths])
    return [
        np.stack([evaluator.scores(formula) for formula in formulas])
        for evaluator in (Evaluator(SketchSource(packed)), Evaluator(DoubleSketches(packed)))
    ]


def passed(table: Table, space: SearchSpace, probe: Probe, formulas: list[Formula]) -> list[np.ndarray]:
    """Scores (formulas, architectures) of whole passes: model, gradients and formula in float32 and in float64."""
    scores = [np.empty((len(formulas), table.n)) for _ in range(2)]
    for i, one in enumerate(table.records):
        # the same weights: those of float32, which float64 holds exactly
        model, site_map = untrained_model(space, one.architecture, probe)
        batch = probe_batch(space, probe)
        single: Operands = extract(model, site_map, batch)
        scores[0][:, i] = [Evaluator(ExactSource(single)).scores(formula)[0] for formula in formulas]
        double = extract(model.double(), site_map, batch)
        _require_double(double)
        scores[1][:, i] = [Evaluator(DoubleOperands(double)).scores(formula)[0] for formula in formulas]
    return scores


def _require_double(operands: Operands) -> None:
    tensors: list[Tensor] = [tensor for part in operands.tensors.values() for tensor in part]
    assert {tensor.dtype for tensor in tensors} == {torch.float64}


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", choices=TABLES, default="flexibert-glue")
    parser.add_argument("--architectures", type=int, default=100)
    parser.add_argument("--formulas", type=int, default=500)
    parser.add_argument("--passes", type=int, default=12, help="architectures whose whole pass is made in float64 too")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(1)
    space, probe = get_space(*TABLES[options.table]), Probe(seed=options.seed)
    table = load_table(options.table)
    table = replace(table, records=table.records[: options.architectures])
    few = replace(table, records=table.records[: options.passes])
    random, known, exact = drawn(options.formulas, options.seed), shipped(axes=False), shipped(axes=True)
    both = sketched(table, space, probe, [*random, *known], options.jobs)
    split = len(random)
    found = [
        compared("the typed grammar, sketches", random, *(scores[:split] for scores in both), table.oriented),
        compared("shipped proxies, sketches", known, *(scores[split:] for scores in both), table.oriented),
        compared("shipped proxies, whole passes", exact, *passed(few, space, probe, exact), few.oriented),
    ]
    record(
        f"numerics-{options.table}-{space.protocol}",
        " ".join(["python benchmarks/numerics.py", *sys.argv[1:]]),
        HEADER,
        [row for row, _, _ in found],
        architectures=f"{table.n}; {few.n} for whole passes",
        seed=options.seed,
        agreement="of the pairs that float64 orders, those that float32 orders alike less those it turns round",
        statuses_float32_to_float64={row[0]: statuses for row, statuses, _ in found},
        least_agreement={row[0]: worst for row, _, worst in found},
    )


if __name__ == "__main__":
    main()
