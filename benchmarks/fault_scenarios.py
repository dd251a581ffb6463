"""Faults other than a kill: signals, disks, damaged files, clocks, and two commands at once."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from fault_commands import COMMANDS, Command, Started, check_files, finished, start

from lpzero.files import PART

EVOLVE, ENUMERATE, SEARCH, TABLE, BANK = COMMANDS
CLOCK = """
import random, time
_true, _rng = time.time, random.Random(0)
time.time = lambda: _true() + _rng.choice((-86400.0, 0.0, 86400.0))
"""


@dataclass
class Outcome:
    """What came of a scenario.

    Attributes:
        trials: How often it was tried.
        equal: How often the result was equal to an undisturbed run's.
        faults: What went wrong, a line each.
        said: What the command said, for the report.
    """

    trials: int = 0
    equal: int = 0
    faults: list[str] = field(default_factory=list)
    said: str = ""

    def expect(self, found: bool, line: str) -> None:
        """Note a fault where something does not hold."""
        if not found:
            self.faults.append(line)

    def compare(self, command: Command, folder: Path, whole: Any, **more: Any) -> None:
        """Carry a command to its end, and compare."""
        self.trials += 1
        try:
            equal = finished(command, folder, 1, **more)[0] == whole
        except Exception as err:  # whatever ends it
            self.faults.append(str(err))
            return
        self.equal += equal
        self.expect(equal, f"{command.name}: another result in {folder}")


def _whole(command: Command, folder: Path) -> Any:
    return finished(command, folder / f"whole-{command.name.replace(' ', '-')}", 1)[0]


def _wait_for(started: Started, reached: Callable[[], bool], every: float = 0.02) -> bool:
    deadline = time.monotonic() + 120
    while not reached() and started.process.poll() is None and time.monotonic() < deadline:
        time.sleep(every)
    return reached()


def _signalled(number: int, code: int, word: str, folder: Path) -> Outcome:
    outcome = Outcome()
    for command in (EVOLVE, ENUMERATE, SEARCH, TABLE):
        whole, place = _whole(command, folder), folder / command.name.replace(" ", "-")
        for after in (0.3, 1.5):
            started = start(command, place, 1)
            _wait_for(started, lambda s=started: s.at_work is not None)  # type: ignore[misc]
            time.sleep(after)
            started.process.send_signal(number)
            found = started.wait()
            outcome.expect(found == code, f"{command.name}: exit code {found} instead of {code}")
            outcome.expect(f"lpzero: {word}\n" in started.said, f"{command.name}: said {started.said[-2:]}")
            check_files(place)
        outcome.compare(command, place, whole)
    outcome.said = f"exit code {code}, {word}"
    return outcome


def terminated(folder: Path) -> Outcome:
    """SIGTERM twice, then on to the end."""
    return _signalled(signal.SIGTERM, 143, "terminated", folder)


def interrupted(folder: Path) -> Outcome:
    """Ctrl-C likewise."""
    return _signalled(signal.SIGINT, 130, "interrupted", folder)


@contextmanager
def _small_disk(place: Path, size: str) -> Iterator[None]:
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def _remounted(place: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)


def _one_line(outcome: Outcome, started: Started, word: str) -> None:
    code, errors = started.wait(), [line for line in started.said if line.startswith("lpzero: error")]
    outcome.expect(code == 1, f"exit code {code} instead of 1")
    outcome.expect(
        len(errors) == 1 and word in errors[0], f"expected one line with {word!r}, found {started.said[-3:]}"
    )
    outcome.expect(not any("Traceback" in line for line in started.said), "a traceback")
    if errors:
        outcome.said = re.sub(r"(?<=\s)/\S+/", ".../", errors[0].strip()).replace("|", "/")


def full_disk(folder: Path) -> Outcome:
    """The disk of cache and run is full; then there is room again."""
    outcome = Outcome()
    for command, size in ((BANK, "900k"), (EVOLVE, "600k"), (SEARCH, "80k"), (TABLE, "56k")):
        whole, place = _whole(command, folder), folder / command.name.replace(" ", "-")
        with _small_disk(place, size):
            _one_line(outcome, start(command, place, 1), "No space left on device")
            check_files(place)
            _remounted(place, "size=200m")
            outcome.compare(command, place, whole)
    return outcome


def read_only_cache(folder: Path) -> Outcome:
    """The cache can no longer be written, in the middle of an extraction; later it can."""
    outcome, place = Outcome(), folder / "run"
    whole, home = _whole(BANK, folder), folder / "home"
    with _small_disk(home, "200m"):
        started = start(BANK, place, 1, home=home)
        outcome.expect(_wait_for(started, lambda: len(list(home.rglob("*.safetensors"))) > 10), "no bank in time")
        _remounted(home, "ro")
        _one_line(outcome, started, "the bank cannot be written")
        _remounted(home, "rw")
        outcome.trials += 1
        result, _ = finished(BANK, place, 1, home=home)
        # its bank is elsewhere
        outcome.equal += result[:2] == whole[:2]
        outcome.expect(result[:2] == whole[:2], "another result")
    return outcome


def damaged_bank(folder: Path) -> Outcome:
    """A bank file that is cut, and others of which a bit has changed."""
    outcome = Outcome()
    whole, place = _whole(BANK, folder), folder / "run"
    started = start(BANK, place, 1)
    _wait_for(started, lambda: any("evolving" in line for line in started.said) or (place / "run/start.json").exists())
    started.process.kill()
    started.wait()
    files = sorted((place / "home").rglob("*.safetensors"))
    for number, path in enumerate(files[:4]):
        content = bytearray(path.read_bytes())
        if number == 0:
            content = content[: len(content) // 2]
        else:
            content[number * len(content) // 4] ^= 1 << number
        path.write_bytes(bytes(content))
    outcome.trials = 1
    result, again = finished(BANK, place, 1)
    outcome.equal += result == whole
    outcome.expect(result == whole, "another result")
    told = sum("is damaged" in line and "building it again" in line for line in again.said)
    outcome.expect(told == min(4, len(files)), f"{told} of {min(4, len(files))} damaged files were said")
    outcome.said = f"{told} of {min(4, len(files))} damaged files said and built again"
    return outcome


def killed_amid_a_folder(folder: Path) -> Outcome:
    """A search is killed while it writes the folder of an architecture, which is not yet whole."""
    outcome, left = Outcome(), 0
    whole = _whole(SEARCH, folder)
    for number in range(6):
        place = folder / f"run-{number}"
        started = start(SEARCH, place, 1)
        parts = partial((place / "run" / "architectures").glob, f".*{PART}")
        _wait_for(started, lambda parts=parts: any(parts()), every=0.0005)  # type: ignore[misc]
        started.process.kill()
        started.wait()
        left += any(parts())
        outcome.compare(SEARCH, place, whole)
        outcome.expect(not any(parts()), "what was not whole is still there")
    outcome.expect(left > 0, "no kill left a folder that was not whole")
    outcome.said = f"{left} of 6 kills left a folder that was not whole"
    return outcome


def jumping_clock(folder: Path) -> Outcome:
    """A clock that jumps a day ahead and back between any two looks at it."""
    outcome, python = Outcome(), folder / "python"
    python.mkdir(parents=True)
    (python / "sitecustomize.py").write_text(CLOCK)
    for command in (EVOLVE, SEARCH, TABLE):
        outcome.compare(
            command, folder / command.name.replace(" ", "-"), _whole(command, folder), python=(str(python),)
        )
    return outcome


def two_in_one_run(folder: Path) -> Outcome:
    """A second command on the same run is refused, and the first ends as if it had been alone."""
    outcome = Outcome()
    for command in (EVOLVE, ENUMERATE, SEARCH, TABLE):
        whole, place = _whole(command, folder), folder / command.name.replace(" ", "-")
        first = start(command, place, 1)
        _wait_for(first, lambda f=first: f.at_work is not None)  # type: ignore[misc]
        # so that it does not end while the second starts
        first.process.send_signal(signal.SIGSTOP)
        second = start(command, place, 1)
        code = second.wait()
        first.process.send_signal(signal.SIGCONT)
        outcome.expect(code == 2, f"{command.name}: exit code {code} of the second instead of 2")
        refused = [line for line in second.said if "expected no other process at work there" in line]
        outcome.expect(bool(refused), f"{command.name}: said {second.said[-2:]}")
        outcome.trials += 1
        equal = first.wait() == 0 and command.result(place) == whole
        outcome.equal += equal
        outcome.expect(equal, f"{command.name}: another result")
    outcome.said = "the second: exit code 2"
    return outcome


def two_with_one_cache(folder: Path) -> Outcome:
    """Two runs at once fill one cache, and one of them is killed."""
    outcome, home = Outcome(), folder / "home"
    whole = _whole(BANK, folder)
    first, second = (start(BANK, folder / name, 1, home=home) for name in ("one", "two"))
    _wait_for(second, lambda: len(list(home.rglob("*.safetensors"))) > 10)
    second.process.kill()
    second.wait()
    outcome.trials += 1
    equal = first.wait() == 0 and BANK.result(folder / "one")[:2] == whole[:2]
    outcome.equal += equal
    outcome.expect(equal, "another result of the first")
    outcome.trials += 1
    equal = finished(BANK, folder / "two", 1, home=home)[0][:2] == whole[:2]
    outcome.equal += equal
    outcome.expect(equal, "another result of the second")
    return outcome


SCENARIOS: dict[str, Callable[[Path], Outcome]] = {
    "SIGTERM": terminated,
    "Ctrl-C": interrupted,
    "SIGKILL amid a folder": killed_amid_a_folder,
    "jumping clock": jumping_clock,
    "damaged bank": damaged_bank,
    "two commands, one run": two_in_one_run,
    "two commands, one cache": two_with_one_cache,
    # these mount a file system
    **({"full disk": full_disk, "read-only cache": read_only_cache} if os.geteuid() == 0 else {}),
}
