"""The picture of README: a shipped formula and hand-made proxies beside controls, on architectures it has not seen.

It is what ``lpzero rank --plot`` draws; the record has its figures.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from record import record

from lpzero.proxy.rank import RankResult

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "picture.svg"
COMMAND = ["lpzero", "rank", "llama/own", "snip", "grad_norm", "--table", "llama-own", "--plot", "docs/picture.svg"]


def main() -> None:
    """Draw it, and record what is in it."""
    command = [*COMMAND, "--json"]
    printed = subprocess.run(command, cwd=PICTURE.parents[1], check=True, stdout=subprocess.PIPE, text=True).stdout
    result = RankResult.model_validate(json.loads(printed))
    rows = []
    for name, row in (*((one.proxy, one) for one in result.scores), *((one.control, one) for one in result.controls)):
        close = row.matched_size
        rows.append([name, row.tau_a, row.interval, None if close is None else close.tau_a])
    record(
        "picture",
        "python benchmarks/picture.py",
        ["what", "tau-a", "95 %", "at matched size"],
        rows,
        table=result.table,
        architectures=result.n,
        labels_of_controls=result.labels,
        left_out=result.left_out,
        drawn_by=" ".join(COMMAND),
    )


if __name__ == "__main__":
    main()
