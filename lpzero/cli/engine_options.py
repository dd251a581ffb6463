"""Options that say where work runs and what one piece of it may take, the same for every command that has them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli.options import WHERE, Duration, Size, jobs, resolve_jobs

if TYPE_CHECKING:
    from lpzero.engines import Engine


@dataclass(frozen=True)
class Where:
    """Where work runs, as the options said it.

    Attributes:
        jobs: Workers; None for one a core.
        engine: ``"serial"``, ``"process"`` or ``"ray"``; None for what follows from the rest.
        address: Of a Ray cluster; None for one that begins here.
        time_limit: Seconds for one piece of work; None for no limit.
        memory_limit: Bytes likewise.
    """

    jobs: int | None
    engine: str | None
    address: str | None
    time_limit: float | None
    memory_limit: int | None

    def open(self, device: str, *, deterministic: bool = False) -> Engine:
        """Make the engine, to be used in a ``with`` block.

        Args:
            device: ``"cpu"`` or ``"cuda"``.
            deterministic: Whether deterministic algorithms alone are used.

        Raises:
            InputError: The options contradict each other.
            MissingError: Ray is not installed, or there is no cluster at the address.
        """
        from lpzero.engines import Limits, open_engine

        return open_engine(
            self.engine,
            # a cluster has its own number of CPUs
            None if self.jobs is None and self.address is not None else resolve_jobs(self.jobs),
            address=self.address,
            limits=Limits(self.time_limit, self.memory_limit),
            deterministic=deterministic,
            cuda=device == "cuda",
        )


_OPTIONS = (
    jobs,
    click.option(
        "--engine",
        type=click.Choice(["serial", "process", "ray"]),
        help="Where work runs: in this process, in processes, or on Ray (lpzero[ray]); results do not depend on it.  "
        "[default: process where there is more than one job or a limit]",
    ),
    click.option("--address", help="Ray cluster, such as auto or HOST:6379.  [default: one begins here]"),
    click.option(
        "--time-limit", type=Duration(), help="Most time for one architecture, such as 5m; else it has a status."
    ),
    click.option(
        "--memory-limit", type=Size(), help="Most memory that one architecture may allocate, such as 4GiB; likewise."
    ),
)


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command receives them as ``where``, a :class:`Where`."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        where = Where(**{name: named.pop(name) for name in WHERE})
        return command(*arguments, where=where, **named)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped
