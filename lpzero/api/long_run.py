"""A job that works in a folder of its own: it begins or goes on, and says where it is and how to go on with it."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from lpzero.engines import Engine, Workers
from lpzero.errors import InputError, LpzeroError, NoResultError
from lpzero.paths import cache_home, writable
from lpzero.run_folder import RunFolder

_LOG = logging.getLogger(__name__)


class LongSettings(Protocol):
    """What every long job can be set."""

    @property
    def seed(self) -> int:
        """Of all that is random."""
        ...

    @property
    def device(self) -> str:
        """``"cpu"`` or ``"cuda"``."""
        ...

    @property
    def deterministic(self) -> bool:
        """Whether deterministic algorithms alone are used."""
        ...


Folder = TypeVar("Folder", bound=RunFolder[Any])
Config = TypeVar("Config", bound=BaseModel)
Prepared = TypeVar("Prepared")


def begin_or_resume(
    folder: type[Folder],
    kind: type[Config],
    *,
    resume: str | Path | None,
    begin: Callable[[], Config],
    prepare: Callable[[Config, Folder | None], Prepared],
    path: Callable[[Config, Prepared], Path],
) -> tuple[Callable[[], Folder], Prepared]:
    """Prepare a run, a new one or one that goes on, before there is a folder: what is refused leaves nothing.

    Args:
        folder: The kind of its folder.
        kind: The kind of its settings.
        resume: The folder of the run that goes on; None for a new one.
        begin: Makes the settings of a new one.
        prepare: Makes of settings, and of the folder of a run that goes on, what the run works on.
        path: The folder of a new one.

    Returns:
        What makes the folder, or gives the one that is there; and what was prepared.
    """
    if resume is not None:
        run, config = folder.open(Path(resume), kind)
        return lambda: run, prepare(config, run)
    config = begin()
    prepared = prepare(config, None)
    place = path(config, prepared)
    return lambda: folder.create(place, config), prepared


@contextmanager
def working(
    command: str, make: Callable[[], Folder], settings: LongSettings, about: str, workers: Workers
) -> Iterator[tuple[Folder, Engine]]:
    """Open the engine and the folder for the time of a block; where it is stopped, say how to go on.

    The folder is made when the engine is there: what the engine refuses leaves nothing.

    Args:
        command: Name of the command that goes on with it.
        make: Makes the folder, or gives the one that is there.
        settings: The run's.
        about: What it works on, for the first line.
        workers: Where work runs.

    Raises:
        InputError: The engine's values contradict each other, or the folder exists.
        MissingError: The engine is not installed, or not there.
        LpzeroError: The folder cannot be made.
    """
    with workers.open(settings.device, deterministic=settings.deterministic) as engine:
        folder = make()
        _LOG.info("%s %s: seed %s, %s", command, folder.path, settings.seed, about)
        try:
            yield folder, engine
        except NoResultError:
            # it has come to its end: to go on would end there again
            raise
        except BaseException:
            path = shlex.quote(str(folder.path))
            _LOG.info("%s is kept: continue it with lpzero %s --resume %s", folder.path, command, path)
            raise


def refuse_beside_resume(given: dict[str, Any]) -> None:
    """A run keeps its settings: raises InputError for one that is given beside ``resume``, where it has no effect."""
    refuse_beside("resume", given, "a run keeps its settings")


def refuse_beside(setting: str, given: dict[str, Any], why: str) -> None:
    """Raise InputError for a setting that is given, by name, beside one beside which it has no effect."""
    for name, value in given.items():
        if value is not None:
            raise InputError(f"`{name}` has no effect beside `{setting}`: {why}")


def free_path(name: str) -> Path:
    """A folder below ``runs`` that is not there yet."""
    path, number = Path("runs") / name, 1
    while path.exists():
        number += 1
        path = Path("runs") / f"{name}-{number}"
    return path


def whole(path: str | Path) -> str:
    """A path that means the same from every working directory: a run may be resumed from another one."""
    return str(Path(path).expanduser().resolve())


def writable_cache() -> Path:
    """The cache folder; raises LpzeroError where it cannot be written."""
    home = cache_home()
    if not writable(home):
        raise LpzeroError(f"the cache folder {home} cannot be written: set LPZERO_HOME to one that can")
    return home
