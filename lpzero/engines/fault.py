"""Why a piece of work has no result: a status, where a sentinel or the end of the whole run would stand otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from lpzero.errors import LpzeroError, TooLargeError


class FaultStatus(str, Enum):
    """What went wrong.

    ``failed``: it raised. ``nonfinite``: it gave numbers that are not finite. ``out_of_memory``: it did not fit, in the
    machine or in its limit. ``timeout``: it took longer than its limit. ``killed``: its worker process died under it,
    twice.
    """

    FAILED = "failed"
    NONFINITE = "nonfinite"
    OUT_OF_MEMORY = "out_of_memory"
    TIMEOUT = "timeout"
    KILLED = "killed"


@dataclass(frozen=True)
class Fault:
    """What stands in the place of a result that there is not.

    Attributes:
        status: What went wrong.
        reason: One line for people.
    """

    status: FaultStatus
    reason: str


class NonfiniteError(LpzeroError):
    """A model gave numbers that are not finite (exit code 1)."""


def lacks_memory(err: BaseException) -> bool:
    """Whether an error says that memory was not to be had."""
    import torch

    # on the CPU torch says it in a RuntimeError
    known = isinstance(err, (torch.OutOfMemoryError, MemoryError, TooLargeError))
    return known or "can't allocate memory" in str(err)


def fault_of(err: BaseException) -> Fault:
    """The fault that an error stands for."""
    text = (str(err).splitlines() or [""])[0]
    if lacks_memory(err):
        return Fault(FaultStatus.OUT_OF_MEMORY, text or "memory was not to be had")
    if isinstance(err, NonfiniteError):
        return Fault(FaultStatus.NONFINITE, text)
    return Fault(FaultStatus.FAILED, text if isinstance(err, LpzeroError) else f"raised {type(err).__name__}: {text}")
