"""What a formula is worth on a table that nobody has labels of: each of several tables left out in turn.

The runs are those of ``lpzero evolve --leave-one-out``; what is finished in their folder is taken as it is. Beside the
formula that was found without a table stand the strongest count or hand-made proxy of that table and the quadratic in
the shape that was fitted to the labels of the others.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from record import record

from lpzero.proxy.discovery import SealedFigures, TableFigures
from lpzero.proxy.leave_one_out import LeaveOneOutResult

HEADER = ["left out", "architectures", "what", "tau-a", "95 %", "matched size", "its 95 %", "pairs"]


def cells(test: SealedFigures) -> list[Any]:
    """The figures of one ranking."""
    close = test.matched_size
    both = "-" if test.interval is None else "[{:.3f}, {:.3f}]".format(*test.interval)
    if close is None:
        return ["-" if test.tau_a is None else test.tau_a, both, "-", "-", 0]
    ends = "-" if close.interval is None else "[{:.3f}, {:.3f}]".format(*close.interval)
    return ["-" if test.tau_a is None else test.tau_a, both, close.tau_a, ends, close.pairs]


def rows_of(table: TableFigures, formula: str) -> list[list[Any]]:
    """What stands beside each other on one table."""
    free = [row for row in table.baselines if row.labels is None and row.test.tau_a is not None]
    strongest = max(free, key=lambda row: row.test.tau_a or -1.0)
    shown = [("formula: `" + formula + "`", table.test), (f"baseline: {strongest.proxy}", strongest.test)]
    shown += [(row.proxy, row.test) for row in table.baselines if row.labels is not None]
    return [[table.table, test.n, what, *cells(test)] for what, test in shown]


def main() -> None:
    """Leave each table out, and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", action="append", required=True)
    parser.add_argument("--runs", type=Path, default=Path("runs/universal"))
    parser.add_argument("--name", default="universal-decoder", help="Of the record.")
    options, rest = parser.parse_known_args()
    tables = [word for table in options.table for word in ("--table", table)]
    words = [*tables, "--grammar", "weighted", "--leave-one-out", *rest, "--output", str(options.runs), "--json"]
    text = subprocess.run([sys.executable, "-m", "lpzero", "evolve", *words], check=True, stdout=subprocess.PIPE).stdout
    result = LeaveOneOutResult.model_validate(json.loads(text))
    record(
        options.name,
        " ".join(["python benchmarks/universal.py", *tables, *rest]),
        HEADER,
        [row for table in result.tables for row in rows_of(table.figures, table.formula)],
        on_all=f"{result.best.formula} ({result.best.direction} is better)",
        **{
            f"{row.what}_{name}": getattr(row, name)
            for row in result.summary
            for name in ("mean", "worst", "matched_mean", "matched_worst")
        },
    )


if __name__ == "__main__":
    main()
