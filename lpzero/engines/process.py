"""The engine of processes on this machine: spawned, one torch thread each.

Each worker is a pool of one process of the standard library: where that process dies, it is known at what.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any

from lpzero.engines.crew import Crew, Loss
from lpzero.engines.engine import NO_LIMITS, Arrays, Arrived, Item, Limits, MappedFile, Result
from lpzero.engines.fault import Fault
from lpzero.engines.signals import ending_of, undisturbed
from lpzero.engines.threads import deterministic_algorithms
from lpzero.engines.worker import attempted, start_worker
from lpzero.errors import InputError, LpzeroError


class Processes:
    """Works in processes that stay from one map to the next: what one of them has read is still there.

    See :class:`lpzero.engines.Engine`. A worker starts with the first work that needs it.

    Args:
        jobs: Number of processes, at least 1.
        threads: Threads that this process may use beside them.
        limits: Of one piece of work.
        deterministic: Whether workers use deterministic algorithms alone.

    Raises:
        InputError: ``jobs`` is below 1.
    """

    name = "process"

    def __init__(self, jobs: int, *, threads: int = 1, limits: Limits = NO_LIMITS, deterministic: bool = False) -> None:
        if jobs < 1:
            raise InputError(f"expected at least 1 job, found {jobs}")
        self.workers, self.threads = jobs, threads
        self._limits = limits
        self._algorithms = deterministic_algorithms(deterministic)
        self._crew = Crew(partial(_Process, deterministic), jobs)

    def map(
        self, function: Callable[[Item], Result], items: Sequence[Item], *, arrived: Arrived[Result] | None = None
    ) -> Generator[Result, None, None]:
        """See :class:`lpzero.engines.Engine`."""
        return unfaulted(self._crew.results(function, items, arrived, None))

    def attempt(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        arrived: Arrived[Result | Fault] | None = None,
    ) -> Generator[Result | Fault, None, None]:
        """See :class:`lpzero.engines.Engine`."""
        work = partial(attempted, function, self._limits.memory)
        return self._crew.results(work, items, arrived, self._limits.seconds)

    def share(self, path: Path, load: Callable[[Path], Arrays]) -> MappedFile:
        """See :class:`lpzero.engines.Engine`."""
        return MappedFile(path, load)

    def __enter__(self) -> Processes:
        self._algorithms.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """See :class:`lpzero.engines.Engine`."""
        self._crew.close(at_once=kind is not None)
        self._algorithms.__exit__(kind, error, trace)


def unfaulted(results: Generator[Any, None, None]) -> Generator[Any, None, None]:
    """Raise LpzeroError in the place of the first fault."""
    try:
        for result in results:
            if isinstance(result, Fault):
                raise LpzeroError(f"{result.reason}: the work could not be done ({result.status.value})")
            yield result
    finally:
        results.close()


def _exit_code(process: BaseProcess) -> int | None:
    """How a process that is about to end ended; None if that is not known within a second.

    The pool's own thread asks for it as well. Only one of two who ask the system is told: where it is that thread,
    waiting for the process ends before the thread has written down what it was told.
    """
    until = time.monotonic() + 1
    process.join(timeout=1)
    while process.exitcode is None and time.monotonic() < until:
        time.sleep(0.001)
    return process.exitcode


class _Process:
    """One process, as :class:`lpzero.engines.crew.Worker` has it."""

    def __init__(self, deterministic: bool) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=start_worker, initargs=(deterministic,))
        self._process: BaseProcess | None = None

    def submit(self, function: Any, item: Any) -> Future[Any]:
        """See :class:`lpzero.engines.crew.Worker`; the process starts with the first work."""
        if self._process is not None:
            return self._pool.submit(function, item)
        with undisturbed():
            future = self._pool.submit(function, item)
            self._process = next(iter((self._pool._processes or {}).values()), None)
        return future

    def kill(self) -> None:
        """See :class:`lpzero.engines.crew.Worker`."""
        # the public way, kill_workers(), came with Python 3.14
        if self._process is not None:
            self._process.kill()
        if sys.version_info < (3, 11, 5):
            # else the pool waits for ever where its thread writes into a pipe that nobody reads (CPython gh-94777)
            queue: Any = vars(self._pool).get("_call_queue")
            if queue is not None:
                queue._reader.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def loss(self, err: BaseException) -> Loss | None:
        """See :class:`lpzero.engines.crew.Worker`."""
        if not isinstance(err, BrokenProcessPool):
            return None
        return Loss(f"a worker process {ending_of(None if self._process is None else _exit_code(self._process))}")

    def end(self) -> None:
        """See :class:`lpzero.engines.crew.Worker`; it has nothing to lose, and a model may have left a thread."""
        self.kill()
