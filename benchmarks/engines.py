"""What engines cost and gain: the same architectures extracted into a bank, by each engine in turn, several times.

Workers are started before the clock: each stays for a whole run. Engines take turns, so that what else the machine does
meets all of them; a ratio is that of one turn.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from record import record

from lpzero.engines import Engine, open_engine
from lpzero.operands.bank import fill_bank
from lpzero.operands.probe import Probe
from lpzero.tables import load_table

ENGINES = {"serial": ("serial", 1), "process, 1": ("process", 1), "process, 2": ("process", 2), "ray, 2": ("ray", 2)}


def quiet(done: int, total: int) -> None:
    """Tell nobody."""


def seconds(engine: Engine, table: str, protocol: str, number: int) -> tuple[float, int]:
    """The time that an extraction takes, and a sum over the bank that tells whether two are equal."""
    space = load_table(table).search_space(protocol)
    architectures = [record.architecture for record in load_table(table).records[:number]]
    with tempfile.TemporaryDirectory() as home:
        begun = time.perf_counter()
        banked = fill_bank(space, architectures, Probe(), home=Path(home), engine=engine, progress=quiet)
        taken = time.perf_counter() - begun
        return taken, hash(tuple(path.read_bytes() for path in banked.paths))


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", default="flexibert-own")
    parser.add_argument("--protocol", default="listed")
    parser.add_argument("--architectures", type=int, default=48)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    given = (options.table, options.protocol)
    taken: dict[str, list[float]] = {name: [] for name in ENGINES}
    with ExitStack() as stack:
        opened = {n: stack.enter_context(open_engine(kind, jobs)) for n, (kind, jobs) in ENGINES.items()}
        banks = {seconds(engine, *given, 2 * engine.workers)[1] for engine in opened.values() if engine.workers == 2}
        for _ in range(options.repeats):
            for name, engine in opened.items():
                time_s, bank = seconds(engine, *given, options.architectures)
                taken[name].append(time_s)
                banks.add(bank)
    rows = []
    for name, times in taken.items():
        gains = [alone / mine for alone, mine in zip(taken["serial"], times, strict=True)]
        rows.append([name, statistics.median(times), *(f(gains) for f in (min, statistics.median, max))])
    record(
        "engines",
        " ".join(["python benchmarks/engines.py", *sys.argv[1:]]),
        ["engine, workers", "seconds (median)", "times as fast as serial: lowest", "median", "highest"],
        rows,
        architectures=options.architectures,
        repeats=options.repeats,
        equal_banks=len(banks) == 2,
    )


if __name__ == "__main__":
    main()
