"""The engine that works in this process."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from types import TracebackType

from lpzero.engines.engine import Arrays, Arrived, Item, MappedFile, Result
from lpzero.engines.fault import Fault
from lpzero.engines.threads import deterministic_algorithms, single_threaded
from lpzero.engines.worker import attempted


class Serial:
    """Works in this process, one item after another; it cannot enforce limits, nor survive work that kills.

    See :class:`lpzero.engines.Engine`.

    Args:
        threads: Threads that this process may use beside the work, at least 1.
        deterministic: Whether deterministic algorithms alone are used.
    """

    name = "serial"
    workers = 1

    def __init__(self, threads: int = 1, *, deterministic: bool = False) -> None:
        self.threads = threads
        self._algorithms = deterministic_algorithms(deterministic)

    def map(
        self, function: Callable[[Item], Result], items: Sequence[Item], *, arrived: Arrived[Result] | None = None
    ) -> Generator[Result, None, None]:
        """See :class:`lpzero.engines.Engine`."""
        for index, item in enumerate(items):
            with single_threaded():
                result = function(item)
            if arrived is not None:
                arrived(index, result)
            yield result

    def attempt(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        arrived: Arrived[Result | Fault] | None = None,
    ) -> Generator[Result | Fault, None, None]:
        """See :class:`lpzero.engines.Engine`."""
        return self.map(lambda item: attempted(function, None, item), items, arrived=arrived)

    def share(self, path: Path, load: Callable[[Path], Arrays]) -> MappedFile:
        """See :class:`lpzero.engines.Engine`."""
        return MappedFile(path, load)

    def __enter__(self) -> Serial:
        self._algorithms.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """See :class:`lpzero.engines.Engine`; there is no worker to end."""
        self._algorithms.__exit__(kind, error, trace)
