"""Worker processes that stay: what one of them has read is still there for its next task.

:func:`lpzero.engines.map_ordered` starts processes for one map and ends them. An evolution maps an epoch after
another, and each of its workers reads the bank once.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import TypeVar

from lpzero.engines.engine import single_threaded, start_worker, stop, undisturbed
from lpzero.errors import InputError, LpzeroError

Item = TypeVar("Item")
Result = TypeVar("Result")


class Workers:
    """Some worker processes, each on one torch thread, for the time of a ``with`` block.

    Args:
        jobs: Number of processes, at least 1; 1 works in this process.

    Raises:
        InputError: ``jobs`` is below 1.
    """

    def __init__(self, jobs: int) -> None:
        if jobs < 1:
            raise InputError(f"expected at least 1 job, found {jobs}")
        context = multiprocessing.get_context("spawn")
        self._pool = None if jobs == 1 else ProcessPoolExecutor(jobs, mp_context=context, initializer=start_worker)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers; at once, in the middle of their work, where the block ends in an error."""
        if self._pool is None:
            return
        if kind is not None:
            stop(self._pool)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Yield ``function(item)`` for every item, in order, as :func:`lpzero.engines.map_ordered` does.

        Args:
            function: A pure function of the top level of a module (workers import it).
            items: Picklable inputs; all are handed over at once.

        Raises:
            LpzeroError: A worker process was killed.
            Exception: Whatever ``function`` raised, at the place of its item.
        """
        if self._pool is None:
            for item in items:
                with single_threaded():
                    result = function(item)
                yield result
            return
        waiting: list[Future[Result]] = []
        try:
            for item in items:
                # a worker starts with the task that it is needed for
                with undisturbed():
                    waiting.append(self._pool.submit(function, item))
            for future in waiting:
                yield future.result()
        except BrokenProcessPool as err:
            raise LpzeroError("a worker process was killed, perhaps for memory: use fewer --jobs") from err
        finally:
            for future in waiting:
                future.cancel()
