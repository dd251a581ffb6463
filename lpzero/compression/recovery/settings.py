"""How a sub-network is made to recover, as a value."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from lpzero.errors import InputError

RATE, WINDOWS = 2e-4, 2
RANK = 16
"""Of an adapter that learns before anything is cut, unless another is asked for."""
_STEPS = re.compile(r"[1-9][0-9]{0,8}")
_TIME = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(s|m|h)")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class RecoverySettings:
    """How a sub-network learns from the checkpoint.

    Attributes:
        steps: Steps; None where a time is given.
        seconds: Seconds of training, whole steps; None where a number of steps is given.
        rate: Learning rate of AdamW, the same at every step, above 0.
        windows: Windows of text a step, at least 1.
        language_loss: Weight of the language-model loss beside the divergence, at least 0.
        mixed: Whether products of the sub-network are computed in bfloat16; weights, moments and losses are in float32.
        rank: Rank of the adapters (LoRA) that learn alone and are merged at the end; None where all weights learn.
        seed: Of the order of the text, and of adapters.

    Raises:
        InputError: A value is out of its range, or both or neither of steps and seconds are given.
    """

    steps: int | None = None
    seconds: float | None = None
    rate: float = RATE
    windows: int = WINDOWS
    language_loss: float = 0.0
    mixed: bool = False
    rank: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.seconds is None):
            raise InputError("recovery: expected a number of steps or a time, and not both")
        _check("steps", self.steps, self.steps is None or self.steps >= 1, "1 at least")
        _check("seconds", self.seconds, self.seconds is None or 0 < self.seconds < 1e9, "above 0")
        _check("rate", self.rate, 0 < self.rate < 1, "between 0 and 1")
        _check("windows", self.windows, self.windows >= 1, "1 at least")
        _check("language_loss", self.language_loss, 0 <= self.language_loss < 1e6, "0 at least")
        _check("rank", self.rank, self.rank is None or self.rank >= 1, "1 at least")

    def to_json(self) -> dict[str, Any]:
        """All of it, by name."""
        return asdict(self)


def _check(name: str, value: object, holds: bool, expected: str) -> None:
    if not holds:
        raise InputError(f"recovery: {name}: expected {expected}, found {value}")


def recovery_length(text: str, *, name: str = "recover", noun: str = "steps") -> tuple[int | None, float | None]:
    """Steps or seconds, as a user gives them.

    Args:
        text: A number of steps, or a time with its unit: ``s``, ``m`` or ``h``.
        name: What the setting is called.
        noun: What is counted.

    Returns:
        (steps, None) or (None, seconds).

    Raises:
        InputError: It is neither.

    >>> recovery_length("500"), recovery_length("10m")
    ((500, None), (None, 600.0))
    """
    timed = _TIME.fullmatch(text)
    if _STEPS.fullmatch(text):
        return int(text), None
    if timed and float(timed[1]) > 0:
        return None, float(timed[1]) * _SECONDS[timed[2]]
    raise InputError(f"`{name}`: expected a number of {noun} such as 500, or a time such as 10m, found {text!r}")
