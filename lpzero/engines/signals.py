"""Signals while workers start."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


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
