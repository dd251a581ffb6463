"""What an engine is: a place where a pure function is mapped over inputs, in order, in one process or in many.

Results depend neither on the engine nor on the number of its workers: each of them computes on one torch thread, so
that sums are made in one order, and a piece of work knows nothing of those beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, TypeVar

import numpy as np

from lpzero.engines.fault import Fault
from lpzero.errors import InputError

Item = TypeVar("Item")
Result = TypeVar("Result")
Arrays = Mapping[str, np.ndarray]
Arrived = Callable[[int, Result], None]


@dataclass(frozen=True)
class Limits:
    """What one piece of work may take, enforced in a worker process.

    Attributes:
        seconds: Time, above 0; None for no limit.
        memory: Bytes that it may allocate beyond what its worker holds when it begins, above 0; None for no limit.
    """

    seconds: float | None = None
    memory: int | None = None

    def __post_init__(self) -> None:
        """Check the ranges, or raise InputError."""
        for name, value in (("time", self.seconds), ("memory", self.memory)):
            if value is not None and not value > 0:
                raise InputError(f"`{name}_limit`: expected more than 0, found {value}")

    def __bool__(self) -> bool:
        return self.seconds is not None or self.memory is not None


NO_LIMITS = Limits()


class Shared(Protocol):
    """Arrays that every worker reads and none copies or changes; small when it travels to one."""

    def arrays(self) -> Arrays:
        """The arrays by name, read only."""
        ...


class Engine(Protocol):
    """Where work runs, for the time of a ``with`` block.

    Attributes:
        name: ``"serial"``, ``"process"`` or ``"ray"``.
        workers: How many pieces of work run at once, at least 1.
        threads: Threads that this process may use itself beside them.
    """

    name: str
    workers: int
    threads: int

    def map(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        arrived: Arrived[Result] | None = None,
    ) -> Generator[Result, None, None]:
        """Yield ``function(item)`` for every item, in order.

        Work whose worker is lost is done again, once. Where the iteration is closed, interrupted or ends in an error,
        what is still running ends at once. Limits do not apply: they are those of attempts.

        Args:
            function: A pure function of the top level of a module (workers import it), or a partial of one.
            items: Picklable inputs; a bounded number of them is on its way at a time.
            arrived: Called in this process with (index of the item, result) the moment that the result is there, which
                may be before its turn.

        Raises:
            LpzeroError: A worker was lost twice at the same item.
            Exception: Whatever ``function`` raised, at the place of its item; the work behind it is given up.
        """
        ...

    def attempt(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        arrived: Arrived[Result | Fault] | None = None,
    ) -> Generator[Result | Fault, None, None]:
        """Yield ``function(item)``, or the fault that stands in its place, for every item, in order.

        As :meth:`map`, but that an item which raises, lacks memory, exceeds a limit or loses its worker twice has a
        fault, and the others go on.

        Raises:
            InputError: ``function`` raised one, which speaks of what the user gave.
            MissingError: Likewise.
        """
        ...

    def share(self, path: Path, load: Callable[[Path], Arrays]) -> Shared:
        """Let all workers read the arrays of a file, which must stay there until the engine ends.

        Args:
            path: The file.
            load: Maps it into memory, read only: a function of the top level of a module.
        """
        ...

    def __enter__(self) -> Engine: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers; at once, in the middle of their work, where the block ends in an error."""
        ...


@dataclass(frozen=True)
class MappedFile:
    """A file that every process of a machine maps: the system keeps it in memory once.

    Attributes:
        path: The file.
        load: What maps it.
    """

    path: Path
    load: Callable[[Path], Arrays]

    def arrays(self) -> Arrays:
        """See :class:`Shared`."""
        return self.load(self.path)
