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


MODEL_ERRORS = (Exception, SystemExit)
"""What the code of a model may end with; an interrupt is the user's."""


class NonfiniteError(LpzeroError):
    """A model gave numbers that are not finite (exit code 1)."""


def lacks_memory(err: BaseException) -> bool:
    """Whether an error says that memory was not to be had."""
    import torch

    # on the CPU torch says it in a RuntimeError
    known = isinstance(err, (torch.OutOfMemoryError, MemoryError, TooLargeError))
    return known or "can't allocate memory" in line_of(err)


def line_of(err: BaseException) -> str:
    """What an error says first, in one line for people; empty where it says nothing.

    Where its first line ends with a colon, as those of torch and pydantic do, the reason stands in the next.
    """
    try:
        lines = iter(str(err).splitlines())
    except Exception:  # an error of a model's own may fail at that too
        return ""
    text = next(lines, "")
    while text.rstrip().endswith(":") and (following := next(lines, None)) is not None:
        text = f"{text.rstrip()} {following.strip()}"
    return text


def fault_of(err: BaseException) -> Fault:
    """The fault that an error stands for."""
    text = line_of(err)
    if lacks_memory(err):
        return Fault(FaultStatus.OUT_OF_MEMORY, text or "memory was not to be had")
    if isinstance(err, NonfiniteError):
        return Fault(FaultStatus.NONFINITE, text)
    return Fault(FaultStatus.FAILED, text if isinstance(err, LpzeroError) else f"raised {type(err).__name__}: {text}")
