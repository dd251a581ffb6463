"""What every engine on this machine does alike: order, errors, faults, arrival, and what its workers remember."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lpzero.engines import NO_LIMITS, Engine, Fault, FaultStatus, Limits, Serial, open_engine
from lpzero.engines.fault import NonfiniteError
from lpzero.engines.process import unfaulted
from lpzero.errors import InputError, LpzeroError, TooLargeError

seen: list[int] = []


def remember(x: int) -> tuple[int, int, int]:
    """What this process has seen so far, its number of torch threads, and its id."""
    seen.append(x)
    return len(seen), torch.get_num_threads(), os.getpid()


def fail_on_three(x: int) -> int:
    """Raise on 3."""
    if x == 3:
        raise LpzeroError("three")
    return x


class Speechless(Exception):
    """An error that raises when it is asked what it says."""

    def __str__(self) -> str:
        raise ValueError("nothing to say")


def raise_this(err: BaseException | None) -> str:
    """Raise what is given."""
    if err is not None:
        raise err
    return "fine"


@pytest.fixture(scope="module", params=["serial", "process"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine; its processes stay for all tests here."""
    with open_engine(request.param, 2 if request.param == "process" else 1) as opened:
        yield opened


def test_results_come_in_order_map_after_map(engine: Engine) -> None:
    assert list(engine.map(abs, [-3, 2, -1] * 10)) == [3, 2, 1] * 10
    assert list(engine.map(abs, [])) == []
    assert list(engine.attempt(abs, [-7])) == [7]


def test_an_error_comes_at_the_place_of_its_item(engine: Engine) -> None:
    results = engine.map(fail_on_three, [1, 2, 3, 4])
    assert [next(results), next(results)] == [1, 2]
    with pytest.raises(LpzeroError, match="three"):
        next(results)
    assert list(engine.map(abs, [-2])) == [2]


@pytest.mark.parametrize(
    ("err", "status", "reason"),
    [
        (LpzeroError("no loss"), FaultStatus.FAILED, "no loss"),
        (KeyError("x"), FaultStatus.FAILED, "raised KeyError: 'x'"),
        (RuntimeError("a\nb"), FaultStatus.FAILED, "raised RuntimeError: a"),
        (MemoryError(), FaultStatus.OUT_OF_MEMORY, "memory was not to be had"),
        (RuntimeError("[enforce fail] can't allocate memory"), FaultStatus.OUT_OF_MEMORY, "can't allocate memory"),
        (TooLargeError("needs 7 GiB"), FaultStatus.OUT_OF_MEMORY, "needs 7 GiB"),
        (NonfiniteError("its grad is not finite"), FaultStatus.NONFINITE, "its grad is not finite"),
        # the code of a model ends the model, not the run
        (SystemExit(0), FaultStatus.FAILED, "raised SystemExit: 0"),
        (Speechless(), FaultStatus.FAILED, "raised Speechless: "),
    ],
)
def test_an_attempt_that_raises_is_a_fault_and_the_others_go_on(
    engine: Engine, err: BaseException, status: FaultStatus, reason: str
) -> None:
    first, fault, last = engine.attempt(raise_this, [None, err, None])
    assert (first, last) == ("fine", "fine")
    assert isinstance(fault, Fault)
    assert fault.status is status
    assert reason in fault.reason


def test_what_the_user_gave_is_no_fault_of_one_item(engine: Engine) -> None:
    with pytest.raises(InputError, match="corpus"):
        list(engine.attempt(raise_this, [None, InputError("the corpus is another")]))


def test_every_result_arrives_once(engine: Engine) -> None:
    told: list[tuple[int, int]] = []
    results = list(engine.map(abs, range(-20, 0), arrived=lambda index, result: told.append((index, result))))
    assert sorted(told) == list(enumerate(results))


def test_work_uses_one_thread_and_here_the_number_is_restored(engine: Engine) -> None:
    torch.set_num_threads(2)
    assert {threads for _, threads, _ in engine.map(remember, range(4))} == {1}
    assert torch.get_num_threads() == 2


def test_a_worker_remembers_what_it_did(engine: Engine) -> None:
    before = max((count for count, _, _ in engine.map(remember, range(4))), default=0)
    told = [row for _ in range(3) for row in engine.map(remember, range(4))]
    processes = {process for _, _, process in told}
    assert len(processes) <= engine.workers
    assert (os.getpid() in processes) == (engine.name == "serial")
    assert max(count for count, _, _ in told) > before


def deterministic(_: int) -> bool:
    """Whether this process uses deterministic algorithms alone."""
    return torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize("name", ["serial", "process"])
def test_deterministic_algorithms_are_used_where_the_work_is_and_afterwards_no_more(name: str) -> None:
    with open_engine(name, 1, deterministic=True) as engine:
        assert list(engine.map(deterministic, [0])) == [True]
    assert not deterministic(0)


def load_numbers(path: Path) -> dict[str, np.ndarray]:
    """Map a file of numbers."""
    return {"numbers": np.memmap(path, np.int64, "r")}


def add_up(shared: Any, factor: int) -> int:
    """The sum of what is shared, times a factor."""
    return int(shared.arrays()["numbers"].sum()) * factor


def test_shared_arrays_are_read_by_every_worker(engine: Engine, tmp_path: Path) -> None:
    np.arange(10).tofile(tmp_path / "numbers")
    shared = engine.share(tmp_path / "numbers", load_numbers)
    assert list(engine.map(partial(add_up, shared), [1, 2])) == [45, 90]


def test_an_engine_follows_from_jobs_and_limits() -> None:
    assert open_engine(None, 1).name == "serial"
    assert open_engine(None, 2).name == "process"
    # limits are enforced in a worker alone
    assert open_engine(None, 1, limits=Limits(seconds=5)).name == "process"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: open_engine("dask", 1), "unknown engine 'dask': expected one of serial, process, ray"),
        (lambda: open_engine("process", 0), "expected at least 1 job, found 0"),
        (lambda: open_engine("serial", 1, limits=Limits(seconds=1)), "cannot enforce limits"),
        (lambda: open_engine("process", 1, address="auto"), "`address`: expected `engine` ray"),
        (lambda: Limits(seconds=float("nan")), "`time_limit`: expected more than 0"),
        (lambda: Limits(seconds=0), "`time_limit`: expected more than 0"),
        (lambda: Limits(memory=-1), "`memory_limit`: expected more than 0"),
    ],
)
def test_what_an_engine_refuses(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_serial_threads_are_those_of_the_user() -> None:
    assert Serial(3).threads == 3
    assert not NO_LIMITS


def die(x: int) -> int:
    """End the process that works on a negative number."""
    if x < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def die_by(number: int) -> None:
    """End this process by a signal."""
    os.kill(os.getpid(), number)


def die_once(marker: Path) -> str:
    """End the process that is the first to work on this."""
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return marker.name


def hoard(number: int) -> int:
    """Allocate so many bytes, and use them."""
    return int(torch.ones(number, dtype=torch.uint8).sum())


def never(x: float) -> float:
    """Sleep."""
    time.sleep(x)
    return x


def test_a_worker_that_is_killed_is_replaced_and_its_work_done_again_once(tmp_path: Path) -> None:
    with open_engine("process", 2) as engine:
        assert list(engine.map(die_once, [tmp_path / "a"])) == ["a"]
        first, fault, *rest = engine.attempt(die, [0, -1, 2, 3])
        assert (first, rest) == (0, [2, 3])
        assert isinstance(fault, Fault)
        assert fault.status is FaultStatus.KILLED
        assert "was killed by SIGKILL" in fault.reason
        # a signal without a name
        (unnamed,) = engine.attempt(die_by, [40])
        assert isinstance(unnamed, Fault)
        assert (unnamed.status, "was killed by signal 40" in unnamed.reason) == (FaultStatus.KILLED, True)


def test_a_fault_where_none_may_be_is_one_line() -> None:
    fault = Fault(FaultStatus.KILLED, "it lost its worker twice, perhaps for memory: a worker process was killed")
    with pytest.raises(LpzeroError, match=r"lost its worker twice, .*: the work could not be done \(killed\)"):
        list(unfaulted(one for one in [fault]))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is limited on Linux alone")
def test_limits_are_enforced_and_the_others_go_on() -> None:
    with open_engine(None, 1, limits=Limits(seconds=3, memory=200 << 20)) as engine:
        first, late, last = engine.attempt(never, [0.0, 600.0, 0.0])
        assert (first, last) == (0.0, 0.0)
        assert late == Fault(FaultStatus.TIMEOUT, "not done within 3 s")
        small, large, again = engine.attempt(hoard, [100, 1 << 30, 100])
        assert (small, again) == (100, 100)
        assert isinstance(large, Fault)
        assert large.status is FaultStatus.OUT_OF_MEMORY


def test_a_limit_of_more_seconds_than_a_system_can_wait_is_none() -> None:
    with open_engine(None, 1, limits=Limits(seconds=1e30)) as engine:
        assert list(engine.attempt(abs, [-1])) == [1]


@pytest.mark.parametrize("name", ["process", "ray"])
def test_memory_is_limited_on_linux_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(InputError, match="`memory_limit`: expected Linux, which can enforce it, found darwin"):
        open_engine(name, 1, limits=Limits(memory=1 << 30))
