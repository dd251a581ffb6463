"""What ``lpzero enumerate`` finds on the sealed test over seeds, and how many formulas a second it ranks."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from record import record


def enumerated(arguments: list[str], seed: int) -> dict[str, Any]:
    """The document of one enumeration in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "lpzero", "enumerate", *arguments, "--seed", str(seed), "--json"]
        done = subprocess.run([*command, "--output", str(Path(folder) / "run")], stdout=subprocess.PIPE, check=True)
        document: dict[str, Any] = json.loads(done.stdout)
        return document


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", default="flexibert-own")
    parser.add_argument("--protocol", default="own")
    parser.add_argument("--seeds", type=int, default=5)
    options, rest = parser.parse_known_args()
    arguments = ["--table", options.table, "--protocol", options.protocol, *rest]
    rows: list[list[Any]] = []
    for seed in range(options.seeds):
        found = enumerated(arguments, seed)
        test, best = found["best"]["test"], found["best"]
        strongest = max(found["baselines"], key=lambda row: row["test"]["tau_a"] or -1)
        lost = ", ".join(f"{name} {number}" for name, number in found["top"]["lost"].items()) or "none"
        rows.append(
            [
                *(seed, test["tau_a"], *test["interval"], test["rho"], test["distinct"]),
                *(strongest["proxy"], strongest["test"]["tau_a"]),
                *(found["formulas"], found["distinct_formulas"], found["per_second"], lost),
                f"`{best['formula']}` ({best['direction']})",
            ]
        )
        print(rows[-1], flush=True)
    header = ["seed", "tau-a", "low", "high", "rho", "distinct", "best baseline", "its tau-a"]
    header += ["formulas", "distinct rankings", "formulas a second", "of the best 1,000 rankings lost to", "formula"]
    record(
        f"enumerate-{options.table}-{options.protocol}",
        " ".join(["python benchmarks/enumerate.py", *sys.argv[1:]]),
        header,
        rows,
        median_tau_a=statistics.median(row[1] for row in rows),
        median_rho=statistics.median(row[4] for row in rows),
        median_formulas_a_second=statistics.median(row[10] for row in rows),
        cores=len(os.sched_getaffinity(0)),
    )


if __name__ == "__main__":
    main()
