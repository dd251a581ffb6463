"""The page of a run of 100,000 evaluations: processor time of the whole command, of its imports, and size."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from record import record

RUN = Path(__file__).resolve().parents[1] / "tests" / "reporting" / "runs" / "evolve"
GENERATIONS, EVALUATIONS, TESTED, REPEATS = 5_000, 100_000, 1_000, 5


def _large(folder: Path) -> Path:
    """A recorded run with as many generations and tested architectures as a large one has."""
    run = Path(shutil.copytree(RUN, folder / "run"))
    first, *_, last = (run / "events.jsonl").read_text().splitlines()
    each = EVALUATIONS // GENERATIONS
    told = [
        json.dumps({"time": "t", "event": "generation", "number": i, "evaluated": each * i, "best": i / GENERATIONS})
        for i in range(1, GENERATIONS + 1)
    ]
    (run / "events.jsonl").write_text("\n".join([first, *told, last]) + "\n")
    rows = [f"test,{i},{a},{b},{c}" for i, (a, b, c) in enumerate(np.random.default_rng(0).random((TESTED, 3)))]
    (run / "scores.csv").write_text("\n".join(["part,id,score,quality,size", *rows]) + "\n")
    return run


def _seconds(command: list[str]) -> float:
    """Processor seconds of a command and its children."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    """Measure it."""
    with tempfile.TemporaryDirectory() as folder:
        run = _large(Path(folder))
        whole = [_seconds([sys.executable, "-m", "lpzero", "report", str(run)]) for _ in range(REPEATS)]
        imports = [_seconds([sys.executable, "-c", "import lpzero.reporting.report"]) for _ in range(REPEATS)]
        size = (run / "report.html").stat().st_size
    rows = [
        ["processor seconds of the command", statistics.median(whole), f"{min(whole):.2f} to {max(whole):.2f}"],
        ["of these, imports", statistics.median(imports), f"{min(imports):.2f} to {max(imports):.2f}"],
        ["size of the page, MB", size / 1e6, "-"],
    ]
    facts = {"evaluations": EVALUATIONS, "tested": TESTED, "repeats": REPEATS}
    record("report", "python benchmarks/report.py", ["what", "median", "range"], rows, **facts)


if __name__ == "__main__":
    main()
