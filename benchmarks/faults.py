"""Kill long commands at random moments, go on with them, and compare what comes out with an uninterrupted run.

Each chain begins a command in a folder of its own, kills it with SIGKILL at a moment drawn by the seed, goes on with
it, kills it again, up to five times, and then lets it end. After every kill each file must be whole; in the end the
result must be equal bit for bit, times left out. Beside that: signals, full disks, caches that can no longer be
written, damaged files, clocks that jump, and two commands at once (benchmarks/fault_scenarios.py).
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from fault_commands import COMMANDS, Command, check_files, finished, start
from fault_scenarios import SCENARIOS
from record import record

from lpzero.files import append_lines

KILLS_A_CHAIN = 5
NEVER_BEFORE = 0.5


@dataclass
class Reference:
    """A command without interruption.

    Attributes:
        result: What every other run of it must give.
        seconds: How long it takes, by the number of workers.
        at_work: Seconds of CPU until its first progress, likewise.
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

    def add(self, other: Tally) -> None:
        """Add what came of another chain."""
        self.kills += other.kills
        self.chains += other.chains
        self.equal += other.equal
        self.faults += other.faults
        self.again += other.again


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


def killed(command: Command, number: int, folder: Path, kills: int, seed: int, parallel: int) -> Tally:
    """Kill a command at least so many times.

    Args:
        command: The command.
        number: Its place among the commands, which moments follow from.
        folder: Where to work; what went wrong stays there.
        kills: At least so many.
        seed: Of every moment and choice.
        parallel: Chains at a time.
    """
    whole, total, index = reference(command, folder), Tally(), 0
    while total.kills < kills:
        each = min(KILLS_A_CHAIN, -(-(kills - total.kills) // parallel))
        chains = [
            (np.random.default_rng((seed, number, index + i)), folder / f"{number}-{index + i}")
            for i in range(parallel)
        ]
        with ThreadPoolExecutor(parallel) as pool:
            for one in pool.map(lambda pair: chain(command, whole, pair[1], pair[0], each), chains):  # noqa: B023
                total.add(one)
        index += parallel
        print(f"{command.name}: {total.kills}/{kills} kills, {total.equal}/{total.chains} equal", file=sys.stderr)
    return total


def scenario_row(name: str, folder: Path) -> dict[str, Any]:
    """What came of another fault than a kill."""
    print(f"{name} ...", file=sys.stderr)
    try:
        outcome = SCENARIOS[name](folder / name.replace(" ", "-"))
    except Exception as err:  # whatever ends it is a fault of its own
        return {"name": name, "times": 1, "equal": "0 of 1", "faults": [f"{name}: {err}"], "said": ""}
    equal = f"{outcome.equal} of {outcome.trials}"
    return {"name": name, "times": outcome.trials, "equal": equal, "faults": outcome.faults, "said": outcome.said}


def killed_row(command: Command, tally: Tally) -> dict[str, Any]:
    """What came of a command's kills."""
    median = statistics.median(tally.again) if tally.again else 0.0
    return {
        "name": f"SIGKILL: {command.name}",
        "times": tally.kills,
        "equal": f"{tally.equal} of {tally.chains}",
        "faults": tally.faults,
        "said": f"{median:+.1f} s, at most {max(tally.again, default=0.0):+.1f} s",
    }


def main() -> None:
    """Kill, compare, and record; a folder that was begun goes on with what it lacks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40, help="of each of the five commands")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parallel", type=int, default=2, help="chains at a time")
    parser.add_argument("--folder", type=Path, default=Path("build/faults"))
    parser.add_argument("--only", action="append", help="a row; all that are there are recorded")
    options = parser.parse_args()
    # a shell that starts this in its background makes it, and the commands that it starts, deaf to Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
    options.folder.mkdir(parents=True, exist_ok=True)
    folder, kept = options.folder.resolve(), options.folder / "rows.jsonl"
    commands = {f"SIGKILL: {command.name}": (command, i) for i, command in enumerate(COMMANDS)}
    names = [*commands, *SCENARIOS]
    for name in options.only or names:
        if name in rows_of(kept):
            continue
        if name in commands:
            command, number = commands[name]
            tally = killed(command, number, folder, options.kills, options.seed, options.parallel)
            row = killed_row(command, tally)
        else:
            row = scenario_row(name, folder)
        append_lines(kept, [json.dumps(row)])
    rows = rows_of(kept)
    names = [name for name in names if name in rows]
    faults = [fault for name in names for fault in rows[name]["faults"]]
    record(
        "faults",
        " ".join(["python benchmarks/faults.py", *sys.argv[1:]]),
        [
            "fault",
            "times",
            "equal results",
            "faults found",
            "CPU until at work again beyond a first start, or what it said",
        ],
        [[n, rows[n]["times"], rows[n]["equal"], len(rows[n]["faults"]), rows[n]["said"]] for n in names],
        kills=sum(rows[name]["times"] for name in commands if name in rows),
        seed=options.seed,
        at_work="below 0 where a first start compiles what is there when it goes on",
        faults=faults or "none",
    )


def rows_of(kept: Path) -> dict[str, dict[str, Any]]:
    """The rows that are there, by name."""
    lines = kept.read_text().splitlines() if kept.exists() else []
    return {row["name"]: row for row in map(json.loads, lines)}


if __name__ == "__main__":
    main()
