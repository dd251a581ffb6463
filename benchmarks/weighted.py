"""What ``lpzero evolve --grammar weighted`` finds on the sealed test over seeds, beside every control.

Each seed is one run of the command in a process of its own; a run that was stopped goes on, a finished one is taken as
it is. The rows are those of ``sealed.py``.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from record import record
from sealed import HEADER, Found, Judged, median, rows_of

from lpzero.proxy.discovery import EvolveResult, read_discovery
from lpzero.proxy.provenance import BEST
from lpzero.settings import read_document


def evolved(table: str, protocol: str, seed: int, run: Path, rest: list[str]) -> EvolveResult:
    """The result of one run."""
    if not (run / BEST).exists():
        words = [sys.executable, "-m", "lpzero", "evolve"]
        if run.exists():
            words += ["--resume", str(run)]
        else:
            words += ["--table", table, "--protocol", protocol, "--grammar", "weighted", "--seed", str(seed)]
            words += ["--output", str(run), *rest]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    found = read_discovery(read_document(run / BEST), run / BEST, enumerated=False)
    assert isinstance(found, EvolveResult)
    return found


def judged(result: EvolveResult) -> Judged:
    """The formula of a run, and what its report has beside it."""
    best = result.best
    labels = next(row.labels for row in result.baselines if row.labels is not None)
    found = Found(result.seed, best.formula, best.direction == "higher")
    return Judged(found, best.test, result.baselines, labels)


def main() -> None:
    """Evolve and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", required=True)
    parser.add_argument("--protocol", required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--runs", type=Path, default=Path("runs/weighted"))
    options, rest = parser.parse_known_args()
    rows: list[list[Any]] = []
    results = []
    for seed in range(options.seeds):
        run = options.runs / f"{options.table}-{options.protocol}-{seed}"
        results.append(evolved(options.table, options.protocol, seed, run, rest))
        rows += rows_of(judged(results[-1]))
        print(*rows_of(judged(results[-1])), sep="\n", flush=True)
    medians = {
        f"median_{name}_{short}": median(rows, name, column)
        for name in ("formula", "baseline", "spec_ridge", "shape_quadratic", "strongest_feature")
        for short, column in (("tau_a", "tau-a"), ("matched", "matched size"))
    }
    record(
        f"sealed-weighted-{options.table}-{options.protocol}",
        f"python benchmarks/weighted.py --table {options.table} --protocol {options.protocol} --seeds {options.seeds}",
        HEADER,
        rows,
        architectures=results[0].best.test.n,
        formulas=round(statistics.median(result.evaluated for result in results)),
        **medians,
    )


if __name__ == "__main__":
    main()
