"""Are the architectures that a search finds better when they are trained? Two budgets a space, bundled recipes."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from record import record

from lpzero.fitness.noise import Noise
from lpzero.nas.proof import compared, table_noise

BUDGETS = {"flexibert": ("250k", "500k"), "gpt2": ("500k", "1500k")}


def searched(run: Path, space: str, budget: str, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """The result of one search with its proof; a run that is there goes on."""
    words = [sys.executable, "-m", "lpzero", "search"]
    if run.exists():
        words += ["--resume", str(run)]
    else:
        words += ["--space", space, "--protocol", "own", "--proxy", f"{space}/own-typed", "--max-params", budget]
        words += ["--verify", str(options.number), "--seed", str(seed), "--output", str(run)]
        words += ["--corpus", str(options.corpus), "--validation", str(options.validation)]
    subprocess.run([*words, "--jobs", str(options.jobs)], check=True, stdout=subprocess.DEVNULL)
    document: dict[str, Any] = json.loads((run / "result.json").read_text())
    return document


def interval(ends: list[float] | None) -> str:
    """Both ends of an interval."""
    return "-" if ends is None else "[{:+.4f}, {:+.4f}]".format(*ends)


def rows_of(budget: str, seed: str, losses: dict[str, list[float]], noise: Noise | None, count: str) -> list[list[Any]]:
    """One row a group, what was found less each control among them."""
    against = compared({name: list[float | None](values) for name, values in losses.items()}, noise)
    rows = []
    for group, values in losses.items():
        less = against.get(group)
        row = [budget, seed, f"{group} ({count})" if group == "count" else group, len(values)]
        row += [f"{statistics.mean(values):.4f}", f"{min(values):.4f}", f"{max(values):.4f}"]
        row += ["-", "-"] if less is None else [f"{less.mean:+.4f}", interval(less.interval)]
        rows.append([*row, "-" if less is None else interval(less.unpaired_interval)])
    return rows


def main() -> None:
    """Search, train and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--space", choices=list(BUDGETS), required=True)
    parser.add_argument("--budgets", nargs="*", help="Limits on the parameters.  [default: two of the space]")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--validation", type=Path, required=True)
    parser.add_argument("--number", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--runs", type=Path, default=Path("runs/verify"))
    options = parser.parse_args()
    rows: list[list[object]] = []
    each: dict[str, dict[str, list[float]]] = {}
    budgets = options.budgets or list(BUDGETS[options.space])
    for budget in budgets:
        together: dict[str, list[float]] = {}
        for seed in range(options.seeds):
            run = options.runs / f"{options.space}-{budget}-{seed}"
            result = searched(run, options.space, budget, seed, options)
            proof = result["proof"]
            noise = table_noise(proof["table"])
            losses = {
                group: [row["loss"] for row in trained if row["loss"] is not None]
                for group, trained in proof["losses"].items()
            }
            rows += rows_of(budget, str(seed), losses, noise, proof["count"])
            for group, values in losses.items():
                # one training stands for the largest: that of the first seed
                if group != "largest" or group not in together:
                    together[group] = [*together.get(group, []), *values]
        rows += rows_of(budget, "all", together, noise, proof["count"])
        each[budget] = {group: [round(loss, 4) for loss in values] for group, values in together.items()}
    header = ["params up to", "search seed", "group", "trained", "mean loss", "lowest", "highest", "found less this"]
    record(
        f"verify-{options.space}",
        f"python benchmarks/verify.py --space {options.space} --budgets {' '.join(budgets)} --number {options.number} "
        f"--seeds {options.seeds} --corpus wikitext2-test.txt --validation wikitext2-valid.txt",
        [*header, "interval of 95 %", "unpaired (Welch)"],
        rows,
        proxy=f"{options.space}/own-typed",
        scored=result["scored"],
        algorithm=result["algorithm"],
        recipe=f"{proof['table']}, {proof['recipe']}, one training each",
        noise_between_trainings=proof["noise"],
        intervals="random: paired t; count: Welch; the largest, one training: with the noise between trainings",
        losses=each,
    )


if __name__ == "__main__":
    main()
