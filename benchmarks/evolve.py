"""What ``lpzero evolve`` finds on the sealed test over seeds, with empty caches, in which time and memory."""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from record import record


def evolve(arguments: list[str], seed: int, run: Path) -> tuple[dict[str, Any], float]:
    """One run in a fresh process with an empty cache: its document and its wall seconds; a finished one as it is."""
    if (run / "best.json").exists():
        finished: dict[str, Any] = json.loads((run / "best.json").read_text())
        return finished, finished["seconds"]
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "LPZERO_HOME": home}
        command = [sys.executable, "-m", "lpzero", "evolve", *arguments, "--seed", str(seed), "--json"]
        started = time.monotonic()
        done = subprocess.run([*command, "--output", str(run)], env=environment, stdout=subprocess.PIPE, check=True)
        document: dict[str, Any] = json.loads(done.stdout)
        return document, time.monotonic() - started


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--space", default="flexibert")
    parser.add_argument("--table", default="flexibert-glue")
    parser.add_argument("--protocol", default="trained")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument(
        "--runs", type=Path, help="Keep the run directories in this folder, and go on from those that are there."
    )
    options, rest = parser.parse_known_args()
    arguments = ["--space", options.space, "--table", options.table, "--protocol", options.protocol, *rest]
    rows: list[list[Any]] = []
    scratch = tempfile.TemporaryDirectory()
    runs: Path = options.runs or Path(scratch.name)
    for seed in range(options.seeds):
        found, seconds = evolve(arguments, seed, runs / f"{options.table}-{options.protocol}-{seed}")
        test, best = found["best"]["test"], found["best"]
        strongest = max(found["baselines"], key=lambda row: row["test"]["tau_a"] or -1)
        rows.append(
            [
                *(seed, test["tau_a"], *test["interval"], test["tau_b"], test["rho"], test["distinct"]),
                *(strongest["proxy"], strongest["test"]["tau_a"], found["evaluated"], seconds),
                f"`{best['formula']}` ({best['direction']})",
            ]
        )
        print(rows[-1], flush=True)
    scratch.cleanup()
    header = ["seed", "tau-a", "low", "high", "tau-b", "rho", "distinct", "best baseline", "its tau-a"]
    header += ["formulas", "seconds", "formula"]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    record(
        f"evolve-{options.table}-{options.protocol}",
        " ".join(["python benchmarks/evolve.py", *sys.argv[1:]]),
        header,
        rows,
        median_tau_a=statistics.median(row[1] for row in rows),
        median_rho=statistics.median(row[5] for row in rows),
        median_seconds=round(statistics.median(row[10] for row in rows), 1),
        # runs that were there already tell no memory
        **({"peak_memory_of_one_process_GiB": round(peak, 2)} if peak > 0 else {}),
        cores=len(os.sched_getaffinity(0)),
    )


if __name__ == "__main__":
    main()
