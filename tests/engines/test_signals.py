"""Signals: how a process ended, in words, and a block that no signal disturbs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from lpzero.engines.signals import ending_of, undisturbed


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("raise SystemExit(3)", "ended with exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", "was killed by SIGKILL"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGRTMIN + 1)", f"was killed by signal {signal.SIGRTMIN + 1}"),
    ],
)
def test_the_end_of_a_real_process_in_words(end: str, words: str) -> None:
    assert ending_of(subprocess.run([sys.executable, "-S", "-c", end], check=False).returncode) == words


def test_an_end_that_nobody_knows() -> None:
    assert ending_of(None) == "ended"
    assert ending_of(0) == "ended with exit code 0"


def test_an_interrupt_inside_the_block_is_dropped_and_a_termination_comes_behind_it() -> None:
    told: list[str] = []
    before = signal.signal(signal.SIGTERM, lambda *_: told.append("terminated"))
    try:
        with undisturbed():
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            told.append("inside")
        told.append("behind")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert told == ["inside", "terminated", "behind"]


def test_the_handlers_are_as_before_behind_an_error() -> None:
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(ValueError, match="start"), undisturbed():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        raise ValueError("start")
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers


def test_a_thread_that_may_set_no_handlers_goes_through() -> None:
    reached: list[bool] = []

    def start() -> None:
        with undisturbed():
            reached.append(True)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert reached == [True]
