"""Counts and a proxy of the literature on published tables, whole and beside controls that get 100 labels.

The rows without labels are of the whole table, for comparison with published figures.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from typing import Any

from record import record

import lpzero
from lpzero.engines import Workers
from lpzero.fitness.figures import RankingFigures

LABELS = 100


@dataclass(frozen=True)
class Job:
    """Proxies on one table.

    Attributes:
        table: Name of the table.
        protocol: Which model an architecture stands for.
        proxies: Their names.
    """

    table: str
    protocol: str
    proxies: tuple[str, ...]


JOBS = (
    Job("gpt2-wt103", "lts", ("attention_params", "decoder_params")),
    Job("transxl-wt103", "lts", ("attention_params", "decoder_params")),
    Job("flexibert-glue", "legacy", ("head_confidence", "params")),
)
HEADER = ["table", "protocol", "what", "labels of controls", "architectures", "tau-a", "95 %", "tau-b", "rho"]
HEADER += ["matched size", "its 95 %", "pairs"]


def ends(interval: list[float] | None) -> str:
    """Both ends of an interval."""
    return "-" if interval is None else "[{:.3f}, {:.3f}]".format(*interval)


def cells(found: RankingFigures) -> list[Any]:
    """The figures of a row."""
    close = found.matched_size
    assert close is not None
    row: list[Any] = [found.tau_a, ends(found.interval), found.tau_b, found.rho]
    return [*row, close.tau_a, ends(close.interval), close.pairs]


def main() -> None:
    """Rank and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    rows: list[list[Any]] = []
    for job in JOBS:
        # controls need no model: with labels one count stands for the proxies
        for labels, proxies in ((None, job.proxies), (LABELS, ("params",))):
            found = lpzero.rank(
                job.table, proxies, protocol=job.protocol, labels=labels, workers=Workers(jobs=options.jobs)
            )
            place = [job.table, found.protocol]
            rows += [[*place, row.proxy, labels or 0, found.n, *cells(row)] for row in found.scores]
            for control in found.controls:
                name = f"control {control.control}" + (f": {control.what}" if control.what else "")
                rows.append([*place, name, labels or 0, found.n, *cells(control)])
            print(*rows[-4:], sep="\n", flush=True)
    record("ranked", "python benchmarks/ranked.py", HEADER, rows, seed=0)


if __name__ == "__main__":
    main()
