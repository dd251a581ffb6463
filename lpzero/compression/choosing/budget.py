"""How long a choice may be repaired, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from lpzero.errors import InputError


@dataclass(frozen=True)
class Budget:
    """How long a repair may take: one of the two.

    Attributes:
        trials: Choices whose joint divergence is looked at, at least 1; what is found then depends on no clock.
        seconds: Or seconds, above 0, after which no other is begun.

    Raises:
        InputError: Both or neither are given, or one is out of its range.

    >>> Budget(trials=200)
    Budget(trials=200, seconds=None)
    """

    trials: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if (self.trials is None) == (self.seconds is None):
            raise InputError("budget: expected a number of trials or a time, and not both")
        if self.trials is not None and self.trials < 1:
            raise InputError(f"budget: expected 1 trial at least, found {self.trials}")
        if self.seconds is not None and not self.seconds > 0:
            raise InputError(f"budget: expected more than 0 seconds, found {self.seconds:g}")

    def is_over(self, trials: int, seconds: float) -> bool:
        """Whether no other trial is begun, after so many and so long."""
        if self.trials is not None:
            return trials >= self.trials
        return self.seconds is not None and seconds >= self.seconds

    def share(self, trials: int, seconds: float) -> float:
        """How much of it is spent, in [0, 1]."""
        if self.trials is not None:
            return min(1.0, trials / self.trials)
        return 1.0 if self.seconds is None else min(1.0, seconds / self.seconds)
