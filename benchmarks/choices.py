"""What formulas of units say of measured replacements: the named importances, other reductions, and what runs found.

For each table tau-a over all of its replacements of each named importance and of other reductions, less Taylor's,
paired over layers; then, of each run, the same of what it found where nothing had looked: sealed layers, and what was
held out.

    python benchmarks/choices.py TABLE... --runs RUN...
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from record import record

from lpzero.compression.choices.evolving import IMPORTANCE
from lpzero.compression.choices.result import ChoicesResult, ImportanceFigures
from lpzero.compression.choices.scores import evaluator_of
from lpzero.compression.choices.shipped import BY_POSITION, BY_UNIT, SHIPPED, TAYLOR
from lpzero.compression.choices.table import ChoicesTable, read_choices
from lpzero.fitness.compare import compare
from lpzero.fitness.resample import tau_a_interval
from lpzero.formula import parse
from lpzero.settings import read_document

BESIDE = {
    "by position": BY_POSITION,
    "by position, text": BY_POSITION.replace("sampled_", ""),
    "by position, absolute": "sum_windows(sum_tokens(abs(sum_units(sampled_gate_grad))))",
    "by unit": BY_UNIT,
    "by unit, text": BY_UNIT.replace("sampled_", ""),
    "each by itself": "sum_units(sum_windows(sum_tokens(square(sampled_gate_grad))))",
}
HEADER = ("table", "importance", "tau-a", "95 %", "less Taylor", "95 % over layers")


def of_table(table: ChoicesTable) -> Iterator[list[Any]]:
    """Rows of a table: the named importances, then other reductions."""
    evaluator = evaluator_of([table], [range(len(table.records))])
    scores = {name: evaluator.scores_by_kind(formulas.by_kind) for name, formulas in SHIPPED.items()}
    found = evaluator.score_all([parse(text) for text in BESIDE.values()]).values.numpy()
    scores |= dict(zip(BESIDE, found, strict=True))
    quality, layers = table.divergences, table.layers
    signs = np.sign(quality[:, None] - quality)
    for name, one in scores.items():
        tau = float((signs * np.sign(one[:, None] - one)).sum() / (len(one) * (len(one) - 1)))
        ends = tau_a_interval(one, quality, layers, np.random.default_rng(0), resamples=2000)
        (less,) = compare(one, scores[TAYLOR][None], quality, layers, np.random.default_rng(0))
        yield [f"{table.card.name}, all {len(quality)}", name, tau, _ends(ends), less.difference, _ends(less.interval)]


def of_run(result: ChoicesResult) -> Iterator[list[Any]]:
    """Rows of a run: what it found, on each table that it did not see, or on the layers of one."""
    for test in result.tests:
        where = f"{len(test.layers)} sealed layers" if test.sealed else f"held out, {test.n}"
        of: dict[str, ImportanceFigures] = {one.name: one for one in test.importances}
        versus = of[TAYLOR].versus
        yield [
            f"{test.table}, {where}",
            f"{Path(result.run).name}: {result.best.formula}",
            of["found"].tau_a,
            _ends(of["found"].interval),
            versus.difference,
            _ends(versus.interval),
        ]


def _ends(interval: Any) -> str:
    return "-" if interval is None else f"{interval[0]:+.3f} to {interval[1]:+.3f}"


def main() -> None:
    """Print the figures, and record them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", type=Path, nargs="+")
    parser.add_argument("--runs", type=Path, nargs="*", default=[])
    given = parser.parse_args()
    tables = [read_choices(folder) for folder in given.tables]
    results = [ChoicesResult.model_validate(read_document(folder / IMPORTANCE)) for folder in given.runs]
    rows = [row for table in tables for row in of_table(table)] + [row for result in results for row in of_run(result)]
    record(
        "choices",
        f"python benchmarks/choices.py {shlex.join(Path(one).name if '/' in one else one for one in sys.argv[1:])}",
        HEADER,
        rows,
        tables={
            table.card.name: f"{table.card.checkpoint}, {table.card.windows[0]} windows of {table.card.windows[1]} "
            f"tokens of {table.card.text}, layers {sorted({int(layer) for layer in table.layers})}"
            for table in tables
        },
        evaluated={Path(result.run).name: result.evaluated for result in results},
    )


if __name__ == "__main__":
    main()
