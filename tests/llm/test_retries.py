"""Attempts: how often, how long apart, and never beyond the deadline."""

from __future__ import annotations

import pytest

from lpzero.llm.endpoint import Endpoint
from lpzero.llm.failure import Failure, FailureKind
from lpzero.llm.reply import Turn
from lpzero.llm.retries import attempted

BUSY = Failure(FailureKind.BUSY, "HTTP 503", again=True)


class Time:
    """A clock that goes on when somebody waits."""

    def __init__(self) -> None:
        self.now, self.waits = 100.0, list[float]()

    def sleep(self, seconds: float) -> None:
        """Go on."""
        self.waits.append(seconds)
        self.now += seconds


def run(found: list[Turn | Failure], takes: float = 0.0, **settings: float) -> tuple[Turn | Failure, Time, list[float]]:
    """What comes out, the time, and the seconds of each attempt."""
    time, given = Time(), list[float]()
    endpoint = Endpoint("http://127.0.0.1/v1", "m", **settings)  # type: ignore[arg-type]

    def attempt(seconds: float) -> Turn | Failure:
        given.append(seconds)
        time.now += min(takes, seconds)
        return found[min(len(given), len(found)) - 1]

    return attempted(attempt, endpoint, clock=lambda: time.now, sleep=time.sleep), time, given


def test_attempts_are_further_and_further_apart() -> None:
    found, time, given = run([BUSY], retries=7)
    assert found is BUSY
    assert time.waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 16.0]
    assert len(given) == 8


def test_a_reply_ends_them() -> None:
    found, time, _ = run([BUSY, Turn("25.6"), BUSY])
    assert found == Turn("25.6")
    assert time.waits == [0.5]


@pytest.mark.parametrize("kind", [FailureKind.QUOTA, FailureKind.KEY, FailureKind.UNKNOWN, FailureKind.PARAMETER])
def test_what_waiting_does_not_mend_is_tried_once(kind: FailureKind) -> None:
    found, time, given = run([Failure(kind, "no")])
    assert isinstance(found, Failure)
    assert (time.waits, len(given)) == ([], 1)


def test_the_wait_that_the_server_asks_for_is_kept_within_the_deadline() -> None:
    asks = Failure(FailureKind.BUSY, "HTTP 429", again=True, wait=7.0)
    found, time, _ = run([asks, Turn("25.6")], deadline=8.0)
    assert (found, time.waits) == (Turn("25.6"), [7.0])
    found, time, given = run([asks, Turn("25.6")], deadline=7.0)
    assert (found, time.waits, len(given)) == (asks, [], 1)


def test_attempts_and_waits_together_end_at_the_deadline() -> None:
    found, time, given = run([BUSY], takes=10.0, retries=100, timeout=10.0, deadline=55.0)
    assert found is BUSY
    assert time.now <= 155.0
    # the last one has what is left
    assert (given[0], given[-1]) == (10.0, 7.5)
