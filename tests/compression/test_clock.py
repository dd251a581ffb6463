"""How long steps took, by a clock that is set by hand."""

from __future__ import annotations

from lpzero.compression.clock import Clock
from lpzero.progress import Progress


def test_steps_of_one_name_add_up_and_are_told() -> None:
    told: list[Progress] = []
    times = iter([0.0, 1.5, 2.0, 2.25, 10.0, 11.0])
    clock = Clock(told.append, lambda: next(times))
    for name in ("reading", "reading", "writing"):
        with clock.step(name):
            told.append(Progress("inside", 0.5, ""))
    assert clock.seconds == {"reading": 1.75, "writing": 1.0}
    assert [(one.step, one.share) for one in told[:3]] == [("reading", 0.0), ("inside", 0.5), ("reading", 1.0)]
