"""Kill long commands at random moments, go on with them, and compare what comes out with an uninterrupted run.

Each chain begins a command in a folder of its own, kills it with SIGKILL at a moment drawn by the seed, goes on with
it, kills it again, up to five times, and then lets it end. After every kill each file must be whole; in the end the
result must be equal bit for bit, times left out. Beside that: signals, full disks, caches that can no longer be
written, damaged files, clocks that jump, and two commands at once (benchmarks/fault_scenarios.py).
"""

from __future__ import annotations

import argparse
import shutil
import signal
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from fault_commands import COMMANDS, Command, check_files, finished, start
from fault_scenarios import SCENARIOS
from record import record

KILLS_A_CHAIN = 5
NEVER_BEFORE = 0.5


@dataclass
class Reference:
    """A command without interruption.

    Attributes:
        result: What every other run of it must give.
        seconds: How long it takes, by the number of workers.
        at_work: Seconds from its launch to its first progress, likewise.
    """

    result: Any
    seconds: dict[int, float] = field(default_factory=dict)
    at_work: dict[int, float] = field(default_factory=dict)


@dataclass
class Tally:
    """What came of one command's chains."""

    kills: int = 0
    chains: int = 0
    equal: int = 0
    faults: list[str] = field(default_factory=list)
    again: list[float] = field(default_factory=list)


def reference(command: Command, folder: Path) -> Reference:
    """Run a command without interruption, with one worker and with two."""
    made: Reference | None = None
    for jobs in (1, 2):
        begun = time.monotonic()
        result, started = finished(command, folder / f"{command.name}-whole-{jobs}".replace(" ", "-"), jobs)
        if made is None:
            made = Reference(result)
        elif result != made.result:
            raise RuntimeError(f"{command.name}: two workers give another result than one")
        made.seconds[jobs] = time.monotonic() - begun
        made.at_work[jobs] = started.at_work or 0.0
    assert made is not None
    return made


def chain(command: Command, whole: Reference, folder: Path, rng: np.random.Generator, kills: int) -> Tally:
    """Kill one run up to so many times, let it end, and compare."""
    # two workers take three times as long to start
    tally, jobs = Tally(chains=1), int(rng.choice([1, 2], p=[0.75, 0.25]))
    for _ in range(kills):
        started = start(command, folder, jobs)
        moment = rng.uniform(NEVER_BEFORE, max(1.0, whole.seconds[jobs]))
        try:
            started.process.wait(moment)
            break
        except Exception:  # subprocess.TimeoutExpired: it is still there
            started.process.send_signal(signal.SIGKILL)
        started.wait()
        tally.kills += 1
        try:
            check_files(folder)
        except Exception as err:  # whatever reading a damaged file raises
            tally.faults.append(f"{command.name}, {jobs} workers, killed after {moment:.2f} s: {err}")
    try:
        result, last = finished(command, folder, jobs)
        tally.equal += result == whole.result
        if result != whole.result:
            tally.faults.append(f"{command.name}, {jobs} workers: another result in {folder}")
        elif last.at_work is not None and tally.kills:
            tally.again.append(last.at_work - whole.at_work[jobs])
    except Exception as err:  # whatever ends it
        tally.faults.append(str(err))
    if not tally.faults:
        shutil.rmtree(folder)
    return tally


def campaign(
    folder: Path, kills: int, seed: int, parallel: int, *, commands: tuple[Command, ...] = COMMANDS
) -> dict[str, Tally]:
    """Kill every command so many times.

    Args:
        folder: Where to work; what went wrong stays there.
        kills: At least so many for each command.
        seed: Of every moment and choice.
        parallel: Chains at a time.
        commands: Which ones.
    """
    tallies: dict[str, Tally] = {}
    for number, command in enumerate(commands):
        whole, total, index = reference(command, folder), Tally(), 0
        while total.kills < kills:
            with ThreadPoolExecutor(parallel) as pool:
                rngs = [np.random.default_rng((seed, number, index + i)) for i in range(parallel)]
                left = -(-(kills - total.kills) // parallel)
                places = [folder / f"{number}-{index + i}" for i in range(parallel)]
                each = min(KILLS_A_CHAIN, left)
                for one in pool.map(lambda r, p, c=command, w=whole, e=each: chain(c, w, p, r, e), rngs, places):
                    for name in ("kills", "chains", "equal"):
                        setattr(total, name, getattr(total, name) + getattr(one, name))
                    total.faults += one.faults
                    total.again += one.again
            index += parallel
            print(f"{command.name}: {total.kills}/{kills} kills, {total.equal}/{total.chains} equal", file=sys.stderr)
        tallies[command.name] = total
    return tallies


def main() -> None:
    """Kill, compare, and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40, help="of each of the five commands")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parallel", type=int, default=2, help="chains at a time")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lpzero-faults-"))
    rows: list[list[Any]] = []
    faults: list[str] = []
    for name, tally in campaign(folder, options.kills, options.seed, options.parallel).items():
        median = statistics.median(tally.again) if tally.again else 0.0
        extra = f"{median:+.1f} s, at most {max(tally.again, default=0.0):+.1f} s"
        rows.append([f"SIGKILL: {name}", tally.kills, f"{tally.equal} of {tally.chains}", len(tally.faults), extra])
        faults += tally.faults
    for name, scenario in SCENARIOS.items():
        print(f"{name} ...", file=sys.stderr)
        outcome = scenario(folder / name.replace(" ", "-"))
        rows.append([name, outcome.trials, f"{outcome.equal} of {outcome.trials}", len(outcome.faults), outcome.said])
        faults += outcome.faults
    record(
        "faults",
        " ".join(["python benchmarks/faults.py", *sys.argv[1:]]),
        [
            "fault",
            "times",
            "equal results",
            "faults found",
            "until at work again, beyond a first start; or what was said",
        ],
        rows,
        kills=sum(row[1] for row in rows if row[0].startswith("SIGKILL")),
        seed=options.seed,
        faults=faults or "none",
    )
    if not faults:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
