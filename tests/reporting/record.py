"""Record the runs that pages are tested on: ``python tests/reporting/record.py``, a minute on one core.

They stay as they are when the code changes, so that reports of older runs are tested as well: record them anew where a
kind of run is new, not where a page shows more.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from lpzero.cli.main import run

RUNS = Path(__file__).parent / "runs"
PASS = ["--batch", "2", "--tokens", "8", "--jobs", "1", "--device", "cpu"]
SPLIT = ["--search-size", "12", "--validation-size", "4", "--test-size", "16", "--elements", "64"]
EVOLVE = ["--start", "random", "--population", "8", "--islands", "2", "--epoch", "1", *SPLIT, *PASS]
SCHEDULE = """\
parents = 2
mutants = 3
crossovers = 2
iterations = 2
[[phase]]
from = 0
predictor = "params"
[[phase]]
from = 1
predictor = "snip"
"""
COMMANDS = (
    ["evolve", "--table", "gpt2-own", "--generations", "3", *EVOLVE, "--output", "evolve"],
    [
        *("evolve", "--table", "gpt2-own", "--table", "llama-scratch-own", "--hold-out", "llama-own"),
        *("--generations", "1", *EVOLVE, "--output", "several"),
    ],
    [
        *("evolve", "--table", "gpt2-own", "--table", "llama-scratch-own", "--table", "llama-own", "--leave-one-out"),
        *("--generations", "1", *EVOLVE, "--output", "left-out"),
    ],
    ["enumerate", "--table", "gpt2-own", "--operands", "grad", "--keep", "50", *SPLIT, *PASS, "--output", "enumerate"],
    ["search", "--table", "gpt2-own", "--proxy", "snip", "--samples", "8", "--keep", "2", *PASS, "--output", "search"],
    [
        *("search", "--space", "gpt2", "--proxy", "snip", "--proxy", "depth", "--samples", "6", "--keep", "2"),
        *("--max-params", "5M", *PASS, "--output", "open"),
    ],
    ["search", "--table", "gpt2-own", "--schedule", "schedule.toml", "--keep", "2", *PASS, "--output", "schedule"],
    ["suggest", "--table", "gpt2-own", "-n", "12", *PASS, "--output", "suggest"],
    ["suggest", "--table", "gpt2-own", "-n", "4", *PASS, "--output", "suggest"],
    ["principles", "mine", "--table", "gpt2-own", "--output", "principles.json"],
    ["predictor", "fit", "--table", "gpt2-own", "--features", "spec", "--number", "16", *PASS, "--output", "fit.json"],
)


def main() -> None:
    """Record them."""
    shutil.rmtree(RUNS, ignore_errors=True)
    RUNS.mkdir()
    os.chdir(RUNS)
    Path("schedule.toml").write_text(SCHEDULE)
    for command in COMMANDS:
        assert run(command) == 0, command
    for path in (*RUNS.rglob(".lock"), *RUNS.rglob("architectures")):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in RUNS.rglob("env.json"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "platform": "Linux-x86_64"}, indent=1) + "\n")


if __name__ == "__main__":
    main()
