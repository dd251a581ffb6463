"""The engine: order, errors, and independence of the number of workers."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from lpzero.engines import map_ordered, single_threaded
from lpzero.errors import InputError, LpzeroError


def square(x: int) -> int:
    """Square a number."""
    return x * x


def fail_on_three(x: int) -> int:
    """Raise on 3."""
    if x == 3:
        raise LpzeroError("three")
    return x


def threads_and_process(_x: int) -> tuple[int, int]:
    """The torch threads and the process that an item is worked on with."""
    return torch.get_num_threads(), os.getpid()


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_order(jobs: int) -> None:
    assert list(map_ordered(abs, [-3, 2, -1] * 10, jobs=jobs)) == [3, 2, 1] * 10
    assert list(map_ordered(abs, [], jobs=jobs)) == []


def test_an_error_comes_at_the_place_of_its_item() -> None:
    results = map_ordered(fail_on_three, [1, 2, 3, 4], jobs=1)
    assert [next(results), next(results)] == [1, 2]
    with pytest.raises(LpzeroError, match="three"):
        next(results)


def test_a_worker_error_reaches_the_caller() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        list(map_ordered(int, ["1", "2", "x"], jobs=2))


def test_work_here_uses_one_thread_and_restores_the_number() -> None:
    torch.set_num_threads(2)
    assert [found for found, _ in map_ordered(threads_and_process, [0, 1], jobs=1)] == [1, 1]
    assert torch.get_num_threads() == 2
    with single_threaded():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


def test_jobs_must_be_positive() -> None:
    with pytest.raises(InputError, match="at least 1 job"):
        list(map_ordered(square, [1], jobs=0))


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
    results = map_ordered(nap, [0.0, 0.0, *[300.0] * 10], jobs=2)
    assert next(results) == 0.0
    workers = multiprocessing.active_children()
    assert len(workers) == 2
    started = time.monotonic()
    results.close()
    assert time.monotonic() - started < 10
    assert not any(worker.is_alive() for worker in workers)


def test_an_error_ends_the_work_beside_it() -> None:
    started = time.monotonic()
    with pytest.raises(ValueError, match="non-negative"):
        list(map_ordered(nap, [-1.0, 300.0, 300.0], jobs=2))
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
        with pytest.raises(Stopped):
            list(map_ordered(nap, [300.0] * 4, jobs=2))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not multiprocessing.active_children()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks processes up in /proc")
def test_workers_end_with_a_parent_that_was_killed() -> None:
    script = (
        "import multiprocessing, sys\n"
        "from lpzero.engines.engine import map_ordered\n"
        "from time import sleep\n"
        "if __name__ == '__main__':\n"
        "    results = map_ordered(sleep, [0.0] * 4 + [60.0] * 40, jobs=2)\n"
        "    next(results)\n"
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
