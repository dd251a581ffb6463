"""What happens inside a worker: its preparation, and one piece of work under its limits."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from lpzero.engines.fault import MODEL_ERRORS, Fault, fault_of
from lpzero.engines.threads import use_deterministic_algorithms
from lpzero.errors import InputError, MissingError, TooLargeError

Item = TypeVar("Item")
Result = TypeVar("Result")

EXPENDABLE = 800
"""Of 1000: what the system's killer adds to the badness of a worker, so that it never takes the parent instead."""


def start_worker(deterministic: bool) -> None:
    """Prepare a worker process: one torch thread, no signals of its own, and its end with its parent."""
    # the parent decides what an interrupt means, and then ends its workers
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    prepare(deterministic)


def prepare(deterministic: bool) -> None:
    """Prepare to work, wherever the worker came from."""
    import torch

    torch.set_num_threads(1)
    if deterministic:
        use_deterministic_algorithms()
    if sys.platform == "linux":
        _be_expendable(Path("/proc/self/oom_score_adj"))


def _be_expendable(adjustment: Path) -> None:
    """Let the system's killer take this process before its parent, where it may be told so."""
    # a container may have set it higher, and then refuses less
    with suppress(OSError, ValueError):
        if int(adjustment.read_text()) < EXPENDABLE:
            adjustment.write_text(str(EXPENDABLE))


def ready(_: None) -> None:
    """Say that the worker has started."""


def _end_with_parent() -> None:
    """End this worker when its parent is gone: a killed parent ends nobody, and a pool waits for work forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def attempted(function: Callable[[Item], Result], memory: int | None, item: Item) -> Result | Fault:
    """The result of a piece of work, or the fault that it ends with.

    Args:
        function: The work.
        memory: Bytes that it may allocate; None for no limit.
        item: Its input.

    Raises:
        InputError: The work raised one: what the user gave cannot be used, for this item nor for another.
        MissingError: Likewise.
    """
    try:
        with allocating(memory):
            return function(item)
    except TooLargeError as err:
        return fault_of(err)
    except (InputError, MissingError):
        raise
    except MODEL_ERRORS as err:
        return fault_of(err)


@contextmanager
def allocating(memory: int | None) -> Iterator[None]:
    """Let this process allocate so many bytes more inside the block; what asks for others is refused them.

    What counts is private memory that can be written, as the system counts it for ``RLIMIT_DATA`` (Linux alone).
    """
    if memory is None:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = data_bytes() + memory
    resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def data_bytes() -> int:
    """Bytes of this process that count for ``RLIMIT_DATA`` so far (Linux alone)."""
    found = re.search(r"^VmData:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) << 10
