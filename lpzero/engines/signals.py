"""Signals: while workers start, and as the end of a process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


def ending_of(code: int | None) -> str:
    """How a process ended, for people: by its exit code, which is below 0 where a signal ended it; None if unknown."""
    if code is None:
        return "ended"
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        # real-time signals have no names
        return f"was killed by signal {-code}"


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
