"""Workers that stay: order, errors, what they remember, and how they end."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
import torch

from lpzero.engines import Workers
from lpzero.errors import InputError, LpzeroError

seen: list[int] = []


def remember(x: int) -> tuple[int, int, int]:
    """What this process has seen so far, its number of torch threads, and its id."""
    seen.append(x)
    return len(seen), torch.get_num_threads(), os.getpid()


def sleep_and_tell(seconds: float) -> int:
    """Sleep, then tell who did."""
    time.sleep(seconds)
    return os.getpid()


def die(_x: int) -> None:
    """End the process that works on this."""
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_order_map_after_map(jobs: int) -> None:
    with Workers(jobs) as workers:
        assert list(workers.map(abs, [-3, 2, -1] * 4)) == [3, 2, 1] * 4
        assert list(workers.map(abs, [])) == []
        assert list(workers.map(abs, [-7])) == [7]


def test_a_worker_remembers_what_it_did_and_uses_one_thread() -> None:
    with Workers(2) as workers:
        told = [row for _ in range(3) for row in workers.map(remember, range(4))]
    processes = {process for _, _, process in told}
    assert len(processes) <= 2
    assert os.getpid() not in processes
    assert sum(max(count for count, _, process in told if process == one) for one in processes) == 12
    assert {threads for _, threads, _ in told} == {1}


def test_one_job_works_here_and_restores_the_threads() -> None:
    torch.set_num_threads(2)
    with Workers(1) as workers:
        ((_, threads, process),) = workers.map(remember, [0])
    assert (threads, process) == (1, os.getpid())
    assert torch.get_num_threads() == 2


def test_an_error_of_a_worker_comes_at_its_place() -> None:
    with Workers(2) as workers:
        results = workers.map(int, ["1", "x"])
        assert next(results) == 1
        with pytest.raises(ValueError, match="invalid literal"):
            next(results)
        assert list(workers.map(int, ["2"])) == [2]


def test_a_killed_worker_is_one_line() -> None:
    with Workers(2) as workers, pytest.raises(LpzeroError, match="a worker process was killed"):
        list(workers.map(die, [0]))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks processes up in /proc")
def test_an_error_ends_workers_in_the_middle_of_their_work() -> None:
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt), Workers(2) as workers:
        results = workers.map(sleep_and_tell, [0.0, 0.0, 600.0, 600.0])
        processes = {next(results), next(results)}
        raise KeyboardInterrupt
    assert time.monotonic() - begun < 300
    assert not any(Path(f"/proc/{process}").exists() for process in processes)


def test_jobs_must_be_positive() -> None:
    with pytest.raises(InputError, match="at least 1 job"):
        Workers(0)
