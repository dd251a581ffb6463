"""Options that say where work runs and what one piece of it may take, the same for every command that has them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from lpzero.cli.brought import ChoiceOrBrought
from lpzero.cli.options import WORKERS, Duration, Size, jobs

_OPTIONS = (
    jobs,
    click.option(
        "--engine",
        type=ChoiceOrBrought(["serial", "process", "ray"], "engines"),
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


def worker_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command receives them as ``workers``, a :class:`lpzero.engines.Workers`."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        from lpzero.engines import Workers

        workers = Workers(**{name: named.pop(name) for name in WORKERS})
        return command(*arguments, workers=workers, **named)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped
