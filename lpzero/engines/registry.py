"""The engine that a user asked for: one of the package, or one that another package brings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from lpzero import plugins
from lpzero.engines.engine import NO_LIMITS, Engine, Limits
from lpzero.engines.serial import Serial
from lpzero.errors import InputError, unknown_name

ENGINES = ("serial", "process", "ray")


def _checked(name: str, value: object) -> Callable[..., Engine]:
    """What opens an engine that a package brings; raises InputError where it cannot be called."""
    if not callable(value):
        raise InputError(f"expected a class or function that makes an engine, found {type(value).__name__}")

    def make(*given: object, **named: object) -> Engine:
        made: Engine = value(*given, **named)
        parts = (*Engine.__annotations__, *(part for part in vars(Engine) if not part.startswith("_")))
        missing = [part for part in parts if not hasattr(made, part)]
        if missing:
            lacks = f"{type(made).__name__} without {', '.join(missing)}"
            raise InputError(f"engine {name!r}: expected a lpzero.engines.Engine, found {lacks}")
        return made

    return make


BROUGHT = plugins.Kind("engines", ENGINES, _checked)
"""Engines of installed packages: made of ``jobs``, and of ``address``, ``limits``, ``deterministic`` and ``cuda`` by
name, as :func:`open_engine` has them."""


def _brought(name: str) -> Callable[..., Engine]:
    """What opens the engine that a package brings; raises InputError where none does."""
    make = plugins.find(BROUGHT, name)
    if make is None:
        raise unknown_name("engine", name, (*ENGINES, *plugins.names(BROUGHT)))
    return make


def open_engine(
    name: str | None = None,
    jobs: int | None = 1,
    *,
    address: str | None = None,
    limits: Limits = NO_LIMITS,
    deterministic: bool = False,
    cuda: bool = False,
) -> Engine:
    """Make an engine, to be used in a ``with`` block.

    Args:
        name: One of ``ENGINES``, or of an engine that a package brings; None for processes where there is more than
            one job or a limit to enforce, else this process.
        jobs: Workers, at least 1; None for one a CPU of the Ray cluster at the address.
        address: Of a Ray cluster; None to begin one on this machine.
        limits: Of one piece of work; they need workers.
        deterministic: Whether deterministic algorithms alone are used, here and in the workers.
        cuda: Whether the work needs a CUDA device, of which Ray gives each worker one.

    Raises:
        InputError: Unknown name, ``jobs`` below 1, an address without Ray, limits without workers, or one of memory
            on another system than Linux.
        MissingError: Ray is not installed, or there is no cluster at the address.
    """
    if jobs is not None and jobs < 1:
        raise InputError(f"expected at least 1 job, found {jobs}")
    if name is None:
        name = "ray" if address is not None else "process" if jobs != 1 or limits else "serial"
    if name not in ENGINES:
        make = _brought(name)
        return make(jobs, address=address, limits=limits, deterministic=deterministic, cuda=cuda)
    if address is not None and name != "ray":
        raise InputError(f"`address`: expected `engine` ray beside it, found {name}")
    if limits.memory is not None and sys.platform != "linux":
        raise InputError(f"`memory_limit`: expected Linux, which can enforce it, found {sys.platform}")
    if name == "ray":
        from lpzero.engines.ray_cluster import Cluster

        # CPUs of the cluster are not those of this machine
        threads = os.cpu_count() or 1
        return Cluster(
            jobs, address=address, threads=threads, limits=limits, deterministic=deterministic, gpus=float(cuda)
        )
    if jobs is None:
        raise InputError("`jobs`: expected a number of workers where there is no `address`")
    if name == "serial":
        if limits:
            raise InputError("`engine` serial cannot enforce limits: give `engine` process or ray")
        return Serial(jobs, deterministic=deterministic)
    from lpzero.engines.process import Processes

    return Processes(jobs, threads=jobs, limits=limits, deterministic=deterministic)
