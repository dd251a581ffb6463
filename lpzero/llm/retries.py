"""Attempts at one reply: how often, how long apart, and within which time."""

from __future__ import annotations

import time
from collections.abc import Callable

from lpzero.llm.endpoint import Endpoint
from lpzero.llm.failure import Failure
from lpzero.llm.reply import Turn

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 16.0


def attempted(
    attempt: Callable[[float], Turn | Failure],
    endpoint: Endpoint,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Turn | Failure:
    """Make attempts until one gives a reply, another one makes no sense, or retries or time run out.

    Between them passes what the server asks for, else half a second, doubled each time. A wait that would go beyond the
    deadline is not begun: what failed last is returned at once.

    Args:
        attempt: Makes one within the seconds that it is given.
        endpoint: Has the numbers.
        clock: Seconds that only go on.
        sleep: Waits.
    """
    end = clock() + endpoint.deadline
    for retry in range(endpoint.retries + 1):
        found = attempt(max(0.001, min(endpoint.timeout, end - clock())))
        if isinstance(found, Turn) or not found.again or retry == endpoint.retries:
            return found
        wait = min(FIRST_WAIT_S * 2.0**retry, LONGEST_WAIT_S) if found.wait is None else found.wait
        if clock() + wait >= end:
            return found
        sleep(wait)
    raise AssertionError("the last attempt returns")
