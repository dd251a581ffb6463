"""Are the architectures that a search finds better when they are trained? Two budgets a space, bundled recipes."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from record import record

BUDGETS = {"flexibert": ("250k", "500k"), "gpt2": ("500k", "1500k")}


def searched(run: Path, space: str, budget: str, options: argparse.Namespace) -> dict[str, Any]:
    """The result of one search with its proof; a run that is there goes on."""
    words = [sys.executable, "-m", "lpzero", "search"]
    if run.exists():
        words += ["--resume", str(run)]
    else:
        words += ["--space", space, "--protocol", "own", "--proxy", f"{space}/own", "--max-params", budget]
        words += ["--algorithm", options.algorithm, "--verify", str(options.number)]
        words += ["--seed", str(options.seed), "--output", str(run)]
        words += ["--corpus", str(options.corpus), "--validation", str(options.validation)]
    subprocess.run([*words, "--jobs", str(options.jobs)], check=True, stdout=subprocess.DEVNULL)
    document: dict[str, Any] = json.loads((run / "result.json").read_text())
    return document


def interval(ends: list[float]) -> str:
    """Both ends of an interval."""
    return "[{:+.4f}, {:+.4f}]".format(*ends)


def main() -> None:
    """Search, train and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--space", choices=list(BUDGETS), required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--validation", type=Path, required=True)
    parser.add_argument("--number", type=int, default=8)
    parser.add_argument("--algorithm", default="guided")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--runs", type=Path, default=Path("runs/verify"))
    options = parser.parse_args()
    rows: list[list[object]] = []
    each: dict[str, dict[str, list[float]]] = {}
    for budget in BUDGETS[options.space]:
        result = searched(options.runs / f"{options.space}-{budget}", options.space, budget, options)
        proof = result["proof"]
        for group, trained in proof["losses"].items():
            against = proof["difference"].get(group)
            losses = [row["loss"] for row in trained if row["loss"] is not None]
            each.setdefault(budget, {})[group] = [round(loss, 4) for loss in losses]
            rows.append(
                [
                    budget,
                    group,
                    len(losses),
                    f"{proof['means'][group]:.4f}",
                    f"{min(losses):.4f}",
                    f"{max(losses):.4f}",
                    "-" if against is None else f"{against['mean']:+.4f}",
                    "-" if against is None else interval(against["interval"]),
                    "-" if group != "random" else interval(against["unpaired_interval"]),
                ]
            )
    header = ["params up to", "group", "trained", "mean loss", "lowest", "highest", "found less this"]
    record(
        f"verify-{options.space}",
        f"python benchmarks/verify.py --space {options.space} --algorithm {options.algorithm} "
        "--corpus wikitext2-test.txt --validation wikitext2-valid.txt",
        [*header, "interval of 95 %, paired", "unpaired (Welch)"],
        rows,
        proxy=f"{options.space}/own",
        scored=200,
        algorithm=options.algorithm,
        recipe=f"{proof['table']}, {proof['recipe']}, one seed each",
        seed=options.seed,
        losses=each,
    )


if __name__ == "__main__":
    main()
