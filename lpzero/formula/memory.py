"""What an evaluator remembers: large values of tensors and small ones of layers, under one limit.

A tensor at every site is a thousand times as large as the number that a reduction makes of it, and both save the same
reduction. So small values leave only for other small ones, and tensors share what those leave over.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

SMALL_SHARE = 0.5


class _Recent:
    """Values by key, the least recently used first."""

    def __init__(self) -> None:
        self.values: OrderedDict[str, Any] = OrderedDict()
        self.held = 0

    def get(self, key: str) -> Any:
        """The value of a key, used now; None where there is none."""
        value = self.values.get(key)
        if value is not None:
            self.values.move_to_end(key)
        return value

    def put(self, key: str, value: Any) -> None:
        """Keep a value of a new key."""
        self.values[key] = value
        self.held += value.nbytes

    def shrink(self, limit: float) -> None:
        """Drop values until at most ``limit`` bytes are held."""
        while self.held > limit:
            _, dropped = self.values.popitem(last=False)
            self.held -= dropped.nbytes


class Memory:
    """Values of parts of formulas, by text, within a limit.

    Args:
        limit: Bytes held, at least 0: small values take up to half of it, tensors the rest.
        small: What small values take at most instead, in bytes.
    """

    def __init__(self, limit: int, small: int | None = None) -> None:
        self._limit = limit
        self._small_limit = int(SMALL_SHARE * limit) if small is None else small
        self._tensors, self._small = _Recent(), _Recent()

    @property
    def held(self) -> int:
        """Bytes held."""
        return self._tensors.held + self._small.held

    def get(self, key: str, *, tensor: bool) -> Any:
        """The value of a part, None where it is not remembered."""
        return (self._tensors if tensor else self._small).get(key)

    def put(self, key: str, value: Any, *, tensor: bool) -> None:
        """Remember the value of a part that is not remembered yet; it has ``nbytes``."""
        if tensor and value.nbytes <= self._limit - self._small.held:
            self._tensors.put(key, value)
        elif not tensor and value.nbytes <= self._small_limit:
            self._small.put(key, value)
            self._small.shrink(self._small_limit)
        self._tensors.shrink(self._limit - self._small.held)

    def forget_tensors(self) -> None:
        """Keep small values alone."""
        self._tensors = _Recent()
