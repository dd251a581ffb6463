"""What happens inside a worker: one piece of work under its limit of memory."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from lpzero.engines.fault import Fault, FaultStatus
from lpzero.engines.worker import allocating, attempted, data_bytes, ready
from lpzero.errors import InputError, MissingError, TooLargeError

MIB = 1 << 20
linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone limits the memory of a process")


def take(mib: int) -> int:
    """Allocate so much."""
    return int(np.ones(mib * MIB, np.uint8)[-1])


def fail(err: BaseException) -> None:
    """Raise what is given."""
    raise err


@linux
def test_work_may_allocate_its_limit_and_no_more() -> None:
    # what was freed before may be had again without asking the system
    fault = attempted(take, 64 * MIB, 2048)
    assert isinstance(fault, Fault)
    assert fault.status is FaultStatus.OUT_OF_MEMORY
    assert attempted(take, 512 * MIB, 8) == 1
    # the limit ends with the work
    assert attempted(take, None, 256) == 1


@linux
def test_the_limit_of_the_process_is_as_before_behind_the_work() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises(ValueError, match="inside"), allocating(64 * MIB):
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        assert data_bytes() < soft <= data_bytes() + 64 * MIB
        assert hard == before[1]
        raise ValueError("inside")
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


@linux
def test_what_counts_grows_with_private_memory() -> None:
    before = data_bytes()
    held = np.ones(64 * MIB, np.uint8)
    assert data_bytes() - before >= 60 * MIB
    del held


def test_without_a_limit_nothing_is_asked_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    assert attempted(abs, None, -2) == 2


@pytest.mark.parametrize("err", [InputError("the corpus is another"), MissingError("no table")])
def test_what_the_user_gave_is_raised(err: Exception) -> None:
    with pytest.raises(type(err), match=str(err)):
        attempted(fail, None, err)


@pytest.mark.parametrize(
    ("err", "fault"),
    [
        # an InputError by kind, but of one model alone
        (TooLargeError("needs 7 GiB"), Fault(FaultStatus.OUT_OF_MEMORY, "needs 7 GiB")),
        (SystemExit(2), Fault(FaultStatus.FAILED, "raised SystemExit: 2")),
        (RuntimeError("odd"), Fault(FaultStatus.FAILED, "raised RuntimeError: odd")),
    ],
)
def test_what_a_model_ends_with_is_a_fault(err: BaseException, fault: Fault) -> None:
    assert attempted(fail, None, err) == fault


def test_an_interrupt_is_the_users() -> None:
    with pytest.raises(KeyboardInterrupt):
        attempted(fail, None, KeyboardInterrupt())


def test_a_worker_that_is_ready_has_nothing_to_say() -> None:
    assert attempted(ready, None, None) is None
