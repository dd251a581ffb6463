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
    "evolution": {},
    "evolution, no parsimony": {"parsimony": 0.0},
    "mutants of the enumerated start": DRAWN,
    "random search": {**RANDOM, **DRAWN},
}
CONTROL = "random search"


def kept(path: Path | None) -> dict[tuple[str, int], float]:
    """What an earlier call of the same command reached, by search and split."""
    if path is None or not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {(line["search"], line["split"]): line["tau_a"] for line in lines}


def difference(values: np.ndarray, others: np.ndarray) -> list[float]:
    """Mean of the paired differences with its 95 % interval by Student's t, and the share of splits above 0."""
    apart = values - others
    if not apart.any():
        return [0.0, 0.0, 0.0, 0.0]
    low, high = stats.ttest_1samp(apart, 0.0).confidence_interval(0.95)
    return [float(apart.mean()), float(low), float(high), float((apart > 0).mean())]


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
    found = {s: np.array([reached[s, n] for n in range(options.splits)]) for s in options.searches}
    record(
        name,
        f"python benchmarks/random_search.py --table {options.table} --space {options.space} "
        f"--protocol {options.protocol} --seed {options.seed} --splits {options.splits}",
        [
            "search",
            "mean tau-a on the rest",
            "median",
            "lowest",
            "highest",
            f"less {CONTROL}, mean",
            "low",
            "high",
            "share of splits above",
        ],
        [
            [
                search,
                float(v.mean()),
                float(np.median(v)),
                float(v.min()),
                float(v.max()),
                *difference(v, found[CONTROL]),
            ]
            for search, v in found.items()
        ],
        splits=options.splits,
        evaluations_of_every_search=EVALUATIONS,
        intervals="95 %, Student's t over the paired differences of the splits",
        sketch="all figures are on sketches",
        per_split={search: [round(float(value), 4) for value in values] for search, values in found.items()},
    )


if __name__ == "__main__":
    main()
