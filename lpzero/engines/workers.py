"""Where a job runs, as a value: how many workers of which kind, and what one piece of work may take."""

from __future__ import annotations

import os
from dataclasses import dataclass

from lpzero.engines.engine import Engine, Limits
from lpzero.engines.registry import open_engine
from lpzero.errors import InputError


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Workers:
    """Where work runs: nothing of a result depends on it.

    A process is spawned for each worker, and reads the script again that begins them: what a script does with more than
    one job stands below ``if __name__ == "__main__":``.

    Attributes:
        jobs: Workers, at least 1; None for one a core.
        engine: ``"serial"``, ``"process"`` or ``"ray"``; None for processes where there is more than one job or a
            limit, else this process.
        address: Of a Ray cluster; None for one that begins here.
        time_limit: Seconds for one piece of work; None for no limit.
        memory_limit: Bytes likewise.
    """

    jobs: int | None = 1
    engine: str | None = None
    address: str | None = None
    time_limit: float | None = None
    memory_limit: int | None = None

    @property
    def number(self) -> int:
        """How many workers there are on one machine; raises InputError where it is below 1."""
        if self.jobs is not None and self.jobs < 1:
            raise InputError(f"`jobs`: expected at least 1, found {self.jobs}")
        return usable_cores() if self.jobs is None else self.jobs

    def open(self, device: str = "cpu", *, deterministic: bool = False) -> Engine:
        """Make the engine, to be used in a ``with`` block.

        Args:
            device: ``"cpu"`` or ``"cuda"``.
            deterministic: Whether deterministic algorithms alone are used.

        Raises:
            InputError: The values contradict each other.
            MissingError: Ray is not installed, or there is no cluster at the address.
        """
        return open_engine(
            self.engine,
            # a cluster has its own number of CPUs
            None if self.jobs is None and self.address is not None else self.number,
            address=self.address,
            limits=Limits(self.time_limit, self.memory_limit),
            deterministic=deterministic,
            cuda=device == "cuda",
        )
