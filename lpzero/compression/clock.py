"""How long each step of a job took, and whoever is told how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lpzero.progress import Progress, Watch


class Clock:
    """Tells how far a job is, and remembers how long each step took.

    Args:
        watch: Told of every step.
        clock: Seconds.
    """

    def __init__(self, watch: Watch, clock: Callable[[], float] = time.perf_counter) -> None:
        self.watch = watch
        self.seconds: dict[str, float] = {}
        self._clock = clock

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block as a step; those of one name add up."""
        self.watch(Progress(name, 0.0, ""))
        begun = self._clock()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + self._clock() - begun, 3)
        self.watch(Progress(name, 1.0, ""))
