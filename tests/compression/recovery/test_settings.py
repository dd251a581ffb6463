"""How long and how a sub-network learns, as a user says it."""

from __future__ import annotations

from typing import Any

import pytest

from lpzero.compression.recovery.settings import RecoverySettings, recovery_length
from lpzero.errors import InputError


@pytest.mark.parametrize(
    ("text", "length"),
    [("500", (500, None)), ("90s", (None, 90.0)), ("1.5m", (None, 90.0)), ("2h", (None, 7200.0))],
)
def test_lengths_are_read(text: str, length: tuple[int | None, float | None]) -> None:
    assert recovery_length(text) == length


@pytest.mark.parametrize("text", ["", "0", "-3", "10 m", "m", "0s", "1e3", "10d", "3" * 20])
def test_other_lengths_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected a number of steps such as 500, or a time such as 10m"):
        recovery_length(text)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "a number of steps or a time, and not both"),
        ({"steps": 3, "seconds": 3.0}, "a number of steps or a time, and not both"),
        ({"steps": 0}, "steps: expected 1 at least, found 0"),
        ({"seconds": 0.0}, "seconds: expected above 0"),
        ({"seconds": float("nan")}, "seconds: expected above 0"),
        ({"steps": 1, "rate": 0.0}, "rate: expected between 0 and 1"),
        ({"steps": 1, "windows": 0}, "windows: expected 1 at least"),
        ({"steps": 1, "language_loss": -1.0}, "language_loss: expected 0 at least"),
        ({"steps": 1, "rank": 0}, "rank: expected 1 at least"),
    ],
)
def test_values_out_of_their_range_are_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        RecoverySettings(**values)
