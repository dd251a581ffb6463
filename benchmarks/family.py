"""What a process and its workers take together: CPU seconds, and memory that belongs to no file."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psutil


class Watch:
    """Time and memory of a block: of this process and its workers, which live before it and behind it."""

    def __enter__(self) -> Watch:
        self._ended, self.peak = threading.Event(), 0
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._cpu, self._wall = self._used(), time.perf_counter()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.wall, self.cpu = time.perf_counter() - self._wall, self._used() - self._cpu
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            self.peak = max(self.peak, sum(map(private, family())))
            if self._ended.wait(0.05):
                return

    def _used(self) -> float:
        return sum(sum(one.cpu_times()[:2]) for one in family())


def family() -> list[psutil.Process]:
    """This process and those below it."""
    return [psutil.Process(), *psutil.Process().children(recursive=True)]


def private(process: psutil.Process) -> int:
    """Bytes that a process holds and that belong to no file."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
