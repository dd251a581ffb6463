"""Processes: how they start and how they end, whatever ends them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lpzero.engines.process import Processes
from lpzero.engines.worker import _be_expendable


def _alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def nap(seconds: float) -> float:
    """Sleep."""
    time.sleep(seconds)
    return seconds


def test_work_that_is_given_up_ends_at_once() -> None:
    with Processes(2) as engine:
        results = engine.map(nap, [0.0, 0.0, *[300.0] * 10])
        assert [next(results), next(results)] == [0.0, 0.0]
        assert len(multiprocessing.active_children()) == 2
        started = time.monotonic()
        results.close()
        # who was at work is gone, who was not may work again
        assert list(engine.map(nap, [0.0])) == [0.0]
    assert time.monotonic() - started < 20
    assert not multiprocessing.active_children()


def test_an_error_ends_the_work_beside_it() -> None:
    started = time.monotonic()
    with pytest.raises(ValueError, match="non-negative"), Processes(2) as engine:
        list(engine.map(nap, [-1.0, 300.0, 300.0]))
    assert time.monotonic() - started < 60
    assert not multiprocessing.active_children()


def test_a_termination_amid_a_start_comes_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(Exception):
        pass

    def stop(number: int, frame: object) -> None:
        raise Stopped

    submit = ProcessPoolExecutor.submit

    def submit_late(*arguments: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return submit(*arguments)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", submit_late)
    before = signal.signal(signal.SIGTERM, stop)
    try:
        with pytest.raises(Stopped), Processes(2) as engine:
            list(engine.map(nap, [300.0] * 4))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not multiprocessing.active_children()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks processes up in /proc")
def test_workers_end_with_a_parent_that_was_killed() -> None:
    script = (
        "import multiprocessing, sys\n"
        "from lpzero.engines.process import Processes\n"
        "from time import sleep\n"
        "if __name__ == '__main__':\n"
        "    results = Processes(2).map(sleep, [0.0] * 4 + [60.0] * 40)\n"
        "    [next(results) for _ in range(4)]\n"
        "    print(*(child.pid for child in multiprocessing.active_children()), flush=True)\n"
        "    next(results), sleep(60)\n"
    )
    root = str(Path(__file__).resolve().parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": root}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    workers = [int(pid) for pid in process.stdout.readline().split()]
    assert len(workers) == 2
    assert all(_alive(worker) for worker in workers)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    deadline = time.monotonic() + 20
    while any(_alive(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(_alive(worker) for worker in workers)


def leave_a_thread(seconds: float) -> float:
    """Leave a thread that a process waits for before it ends."""
    threading.Thread(target=time.sleep, args=(seconds,)).start()
    return seconds


def length(content: bytes, seconds: float = 0.0) -> int:
    """How long something is, after a while."""
    time.sleep(seconds)
    return len(content)


def test_a_thread_that_work_leaves_keeps_nobody_waiting() -> None:
    started = time.monotonic()
    with Processes(1) as engine:
        assert list(engine.map(leave_a_thread, [300.0])) == [300.0]
    assert time.monotonic() - started < 60


def test_work_too_large_for_a_pipe_is_given_up_as_well() -> None:
    # a pool of Python before 3.11.5 waits for ever for its thread, which writes what nobody reads
    started = time.monotonic()
    with Processes(1) as engine:
        results = engine.map(partial(length, seconds=0.2), [bytes(1 << 22)] * 8)
        # from the second on there is one in work, and one on its way
        assert [next(results) for _ in range(3)] == [1 << 22] * 3
        results.close()
    assert time.monotonic() - started < 60
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(("before", "after"), [("0", "800"), ("1000", "1000")])
def test_a_worker_is_taken_before_its_parent_and_not_less_than_a_container_said(
    tmp_path: Path, before: str, after: str
) -> None:
    adjustment = tmp_path / "oom_score_adj"
    adjustment.write_text(before)
    _be_expendable(adjustment)
    assert adjustment.read_text() == after


def test_a_worker_that_may_not_be_expendable_starts_all_the_same(tmp_path: Path) -> None:
    # a folder can be written as little as what a system keeps for itself
    _be_expendable(tmp_path)
    assert list(tmp_path.iterdir()) == []
