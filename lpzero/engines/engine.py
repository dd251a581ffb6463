"""Map a pure function over picklable inputs, in order, in this process or in worker processes.

Every worker, and this process while it works in one of these functions, uses one torch thread: sums are then
made in one order, and a result does not depend on the number of workers nor on the machine's cores.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from lpzero.errors import InputError, LpzeroError

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def single_threaded() -> Iterator[None]:
    """Use one torch thread inside the block."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let workers start in peace.

    Ctrl-C is ignored for a moment: a worker that starts meanwhile inherits this, and never sees one. SIGTERM comes
    at the end of the block: what it raised amid a start would leave a worker that nobody knows, and ends.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    terminate = signal.signal(signal.SIGTERM, lambda number, _frame: arrived.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, interrupt)
        signal.signal(signal.SIGTERM, terminate)
        if arrived:
            signal.raise_signal(signal.SIGTERM)


def start_worker() -> None:
    """Prepare a worker process: one torch thread, no signals of its own, and its end with its parent."""
    # the parent decides what an interrupt means, and then ends its workers
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    import torch

    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when its parent is gone: a killed parent ends nobody, and a pool waits for work forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def stop(pool: ProcessPoolExecutor) -> None:
    """End the workers in the middle of their work, which may last for hours."""
    # the public way, terminate_workers(), came with Python 3.14
    for worker in list((pool._processes or {}).values()):
        worker.kill()


def map_ordered(
    function: Callable[[Item], Result], items: Sequence[Item], *, jobs: int
) -> Generator[Result, None, None]:
    """Yield ``function(item)`` for every item, in order.

    Workers end with the iteration: at once where it is closed, interrupted or ends in an error.

    Args:
        function: A pure function of the top level of a module (workers import it).
        items: Picklable inputs.
        jobs: Number of processes, at least 1; 1 works in this process.

    Raises:
        InputError: ``jobs`` is below 1.
        LpzeroError: A worker process was killed.
        Exception: Whatever ``function`` raised, at the place of its item; the work behind it is given up.
    """
    if jobs < 1:
        raise InputError(f"expected at least 1 job, found {jobs}")
    if jobs == 1 or len(items) <= 1:
        for item in items:
            with single_threaded():
                result = function(item)
            yield result
        return
    context = multiprocessing.get_context("spawn")
    workers = min(jobs, len(items))
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=start_worker)
    waiting: list[Future[Result]] = []
    complete = False
    try:
        # a window of tasks keeps every worker busy while results are taken in order, at bounded memory
        ahead, upcoming = 4 * workers, iter(items)
        for item in upcoming:
            with undisturbed():
                waiting.append(pool.submit(function, item))
            if len(waiting) >= ahead:
                yield waiting.pop(0).result()
        while waiting:
            yield waiting.pop(0).result()
        complete = True
    except BrokenProcessPool as err:
        raise LpzeroError("a worker process was killed, perhaps for memory: use fewer --jobs") from err
    finally:
        if not complete:
            stop(pool)
        pool.shutdown(wait=True, cancel_futures=True)
