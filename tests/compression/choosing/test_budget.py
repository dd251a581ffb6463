"""How long a repair may take: by trials, by a clock, and what is neither."""

from __future__ import annotations

import pytest

from lpzero.compression.choosing.budget import Budget
from lpzero.errors import InputError


def test_trials_depend_on_no_clock_and_seconds_on_no_trials() -> None:
    assert [Budget(trials=3).is_over(number, 1e9) for number in (2, 3)] == [False, True]
    assert [Budget(seconds=2.0).is_over(10**9, second) for second in (1.9, 2.0)] == [False, True]
    assert (Budget(trials=4).share(1, 99.0), Budget(seconds=4.0).share(99, 1.0)) == (0.25, 0.25)
    assert Budget(seconds=4.0).share(1, 9.0) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "expected a number of trials or a time, and not both"),
        ({"trials": 3, "seconds": 1.0}, "and not both"),
        ({"trials": 0}, "expected 1 trial at least, found 0"),
        ({"seconds": 0.0}, "expected more than 0 seconds, found 0"),
    ],
)
def test_what_is_no_budget_is_refused(given: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Budget(**given)  # type: ignore[arg-type]
