"""The long commands as small real runs: how each begins, how it goes on, and what of it must be equal in the end."""

from __future__ import annotations

import atexit
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from lpzero.files import PART
from lpzero.operands.bank import read_sketch
from lpzero.tables import load_table

PASS = ("--batch", "2", "--tokens", "8")
SPLIT = (*PASS, "--elements", "64", "--search-size", "12", "--validation-size", "8")
ARCHITECTURES = 40
TEXT = "the cat sat on the mat. " * 400
PROGRESS = re.compile(r"^[a-z ]+: +\d+ %")
TIMED = {"run", "seconds", "per_second", "out", "environment"}


@dataclass(frozen=True)
class Command:
    """A long command.

    Attributes:
        name: What it is called here.
        begin: Its words; the folder ``run`` is its output.
        resume: Words of what goes on with it; the same ones where there are none.
        result: What must be equal in the end, read from the working folder.
    """

    name: str
    begin: tuple[str, ...]
    resume: tuple[str, ...]
    result: Callable[[Path], Any]


def without_times(value: Any) -> Any:
    """A document without what says when and where it was made."""
    if isinstance(value, dict):
        return {key: without_times(one) for key, one in value.items() if key not in TIMED}
    return [without_times(one) for one in value] if isinstance(value, list) else value


def _document(path: Path) -> Any:
    return without_times(json.loads(path.read_text()))


def _run(folder: Path) -> Any:
    run = folder / "run"
    return [_document(run / "best.json"), (run / "front.csv").read_text(), _document(run / "split.json")]


def _evolved(folder: Path) -> Any:
    return [_run(folder), _document(folder / "run" / "start.json"), _bank(folder)]


def _searched(folder: Path) -> Any:
    lines = (folder / "run" / "scored.jsonl").read_text().splitlines()
    assert len(set(lines)) == len(lines), "an architecture was scored twice"
    return [_document(folder / "run" / "result.json"), (folder / "run" / "front.csv").read_text(), sorted(lines)]


def _table(folder: Path) -> Any:
    records = gzip.decompress((folder / "run" / "records.jsonl.gz").read_bytes()).splitlines()
    trainings = {path.name: _document(path) for path in (folder / "run" / "trainings").glob("*.json")}
    return [[without_times(json.loads(line)) for line in records], trainings]


def _bank(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "home").rglob("*.safetensors")}


COMMANDS = (
    Command(
        "evolve",
        (
            *("evolve", "--table", "table", *SPLIT, "--population", "30", "--generations", "12"),
            *("--islands", "2", "--epoch", "2", "--start", "random", "--output", "run"),
        ),
        ("evolve", "--resume", "run"),
        _evolved,
    ),
    Command(
        "enumerate",
        ("enumerate", "--table", "table", *SPLIT, "--operands", "weight", "--output", "run"),
        ("enumerate", "--resume", "run"),
        _run,
    ),
    Command(
        "search",
        (
            *("search", "--space", "gpt2", "--protocol", "own", "--proxy", "snip", *PASS, "--samples", "24"),
            *("--max-params", "1M", "--output", "run"),
        ),
        ("search", "--resume", "run"),
        _searched,
    ),
    Command(
        "tables build",
        (
            *("tables", "build", "--space", "gpt2", "--corpus", "text.txt", "--out", "run", "--steps", "20"),
            *("--archs", "2", "--repeat", "1", "--batch", "2", "--length", "8", "--device", "cpu"),
        ),
        (),
        _table,
    ),
    # nearly all of it is the extraction of 36 architectures from two initialisations each
    Command(
        "bank",
        (
            *("evolve", "--table", "table", *PASS, "--elements", "64", "--search-size", "18", "--initialisations", "2"),
            *("--validation-size", "18", "--population", "4", "--generations", "0", "--islands", "1"),
            *("--start", "random", "--output", "run"),
        ),
        ("evolve", "--resume", "run"),
        _evolved,
    ),
)


@dataclass
class Started:
    """A command that runs.

    Attributes:
        process: The process, in a group of its own.
        said: Its lines on stderr.
        at_work: Seconds of CPU, its workers' included, until its first line of progress; None before. What else the
            machine does is no part of it.
    """

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)
    at_work: float | None = None

    def wait(self, seconds: float = 600.0) -> int:
        """Wait for its end; the exit code."""
        code = self.process.wait(seconds)
        self._reader.join(10)
        return code

    def watch(self) -> Started:
        """Read what it says."""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as stderr:
            for line in stderr:
                if self.at_work is None and PROGRESS.match(line):
                    self.at_work = cpu_seconds(self.process.pid)
                self.said.append(line)


def start(
    command: Command, folder: Path, jobs: int, *, python: tuple[str, ...] = (), home: Path | None = None
) -> Started:
    """Begin a command in a working folder, or go on with it where it has begun.

    Args:
        command: The command.
        folder: The working folder, with a cache of its own.
        jobs: Workers.
        python: Folders to put before those where Python looks for modules.
        home: The cache folder; None for one in the working folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "text.txt").write_text(TEXT)
    if not (folder / "table").exists():
        shutil.copytree(_table_of(ARCHITECTURES), folder / "table")
    words = command.resume if command.resume and (folder / "run").exists() else command.begin
    found = os.pathsep.join([*python, os.environ.get("PYTHONPATH", "")]).strip(os.pathsep)
    process = subprocess.Popen(
        [sys.executable, "-m", "lpzero", *words, "--jobs", str(jobs), "--json"],
        cwd=folder,
        env={**os.environ, "LPZERO_HOME": str(home or folder / "home"), "PYTHONPATH": found},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    return Started(process).watch()


def cpu_seconds(pid: int) -> float:
    """What a process and those that it started have computed so far; 0 where it is gone."""
    total = 0.0
    try:
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system
    except psutil.NoSuchProcess:
        return total
    return total


@cache
def _table_of(number: int) -> Path:
    """A table of the first architectures of a bundled one, made once."""
    folder = Path(tempfile.mkdtemp(prefix="lpzero-table-"))
    atexit.register(shutil.rmtree, folder)
    records = load_table("gpt2-own").records[:number]
    lines = [json.dumps({"architecture": r.architecture.to_json(), "quality": r.quality}) for r in records]
    (folder / "table.jsonl").write_text("".join(f"{line}\n" for line in lines))
    words = ["tables", "import", "table.jsonl", "--space", "gpt2", "--protocol", "own", "--lower-is-better"]
    subprocess.run(
        [sys.executable, "-m", "lpzero", *words], cwd=folder, check=True, capture_output=True, env=dict(os.environ)
    )
    return folder / "table"


def finished(command: Command, folder: Path, jobs: int, **more: Any) -> tuple[Any, Started]:
    """Carry a command to its end; its result, and how it went.

    Raises:
        RuntimeError: It ended with another exit code than 0.
    """
    started = start(command, folder, jobs, **more)
    if started.wait() != 0:
        raise RuntimeError(f"{command.name} in {folder}: exit code {started.process.returncode}: {started.said[-1:]}")
    return command.result(folder), started


def check_files(folder: Path) -> None:
    """Check that every file which a command would read is whole; raises what reading it raises."""
    for path in folder.rglob("*"):
        if not path.is_file() or path.name.endswith(PART):
            continue
        if path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".jsonl":
            for line in path.read_text().splitlines():
                json.loads(line)
        elif path.suffix == ".safetensors" and "bank" in path.parts and "home" in path.parts:
            read_sketch(path)
