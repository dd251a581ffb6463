"""Is evolution worth it beside random search with as many evaluations? Paired over splits, on unseen architectures.

Everything is on sketches, test architectures included, as in ``ablation.py``. Every way to search sees the same splits
and may evaluate as many distinct formulas; what an enumeration ranked before them costs none of these. Use a seed that
no reported result has: one to choose what the default is, another one to report it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ablation import RANDOM, Trials, evolved
from record import record
from scipy import stats

EVALUATIONS = 10_000
DRAWN: dict[str, Any] = {"islands": 1, "population": EVALUATIONS, "generations": 0}
"""One generation that is drawn: random formulas, and mutants of those that a start gives."""
SEARCHES: dict[str, dict[str, Any]] = {
    "random search": {**RANDOM, **DRAWN},
    "evolution from random formulas": RANDOM,
    "evolution": {},
    "evolution, no parsimony": {"parsimony": 0.0},
    "mutants of the enumerated start": DRAWN,
}
PAIRS = (
    *((search, "random search") for search in SEARCHES if search != "random search"),
    ("evolution", "evolution from random formulas"),
    ("evolution", "evolution, no parsimony"),
    ("evolution", "mutants of the enumerated start"),
)
"""What is compared with what; the first less the second."""


def kept(path: Path | None) -> dict[tuple[str, int], float]:
    """What an earlier call of the same command reached, by search and split."""
    if path is None or not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {(line["search"], line["split"]): line["tau_a"] for line in lines}


def difference(search: str, control: str, reached: dict[tuple[str, int], float]) -> list[Any] | None:
    """The mean of the paired differences with its 95 % interval by Student's t; None without two splits of both."""
    splits = [n for name, n in sorted(reached) if name == search and (control, n) in reached]
    if len(splits) < 2:
        return None
    values, others = (np.array([reached[name, n] for n in splits]) for name in (search, control))
    apart = values - others
    low, high = stats.ttest_1samp(apart, 0.0).confidence_interval(0.95)
    row = [search, float(values.mean()), control, float(others.mean()), len(splits)]
    return [*row, float(apart.mean()), float(low), float(high), float((apart > 0).mean())]


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", default="flexibert-glue")
    parser.add_argument("--space", default="flexibert")
    parser.add_argument("--protocol", default="trained")
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--searches", nargs="*", default=list(SEARCHES), help="Some of the ways to search.")
    parser.add_argument("--runs", type=Path, help="Keep what is reached in this folder, and go on from there.")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    trials = Trials(options.table, options.space, options.protocol, options.seed, options.splits, options.jobs)
    name = f"random-search-{options.table}-{options.protocol}"
    path = None if options.runs is None else options.runs / f"{name}-{options.seed}.jsonl"
    reached = kept(path)
    for number in range(options.splits):
        for search in options.searches:
            if (search, number) in reached:
                continue
            started = time.monotonic()
            reached[search, number] = evolved(trials, number, **{**SEARCHES[search], "max_evals": EVALUATIONS})
            line = {"search": search, "split": number, "tau_a": reached[search, number]}
            print(json.dumps({**line, "seconds": round(time.monotonic() - started, 1)}), file=sys.stderr, flush=True)
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
    rows = [difference(search, control, reached) for search, control in PAIRS]
    record(
        name,
        f"python benchmarks/random_search.py --table {options.table} --space {options.space} "
        f"--protocol {options.protocol} --seed {options.seed} --splits {options.splits}",
        ["search", "mean", "less", "its mean", "splits", "less, mean", "low", "high", "share of splits above"],
        [row for row in rows if row is not None],
        evaluations_of_every_search=EVALUATIONS,
        intervals="95 %, Student's t over the paired differences of the splits",
        tau_a="on the rest of the table, on sketches",
        per_split={
            search: {n: round(tau, 4) for (name, n), tau in sorted(reached.items()) if name == search}
            for search in SEARCHES
        },
    )


if __name__ == "__main__":
    main()
