"""A command that works in a folder of its own: it begins or goes on, shows how far it is, and says what it left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from lpzero.cli.engine_options import Where
from lpzero.cli.output import say
from lpzero.cli.progress import ProgressDisplay
from lpzero.engines import Engine
from lpzero.errors import NoResultError


class Folder(Protocol):
    """Where a command keeps everything.

    Attributes:
        path: The folder.
    """

    path: Path


class Settings(Protocol):
    """What every long command can be set."""

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


Made = TypeVar("Made", bound=Folder)


@contextmanager
def long_run(
    command: str, make: Callable[[], Made], settings: Settings, about: str, where: Where
) -> Iterator[tuple[Made, Engine, ProgressDisplay]]:
    """Open the engine and the folder for the time of a block; where it is stopped, say how to go on.

    The folder is made when the engine is there: what the engine refuses leaves nothing.

    Args:
        command: The command's name.
        make: Makes the folder, or opens the one that is there.
        settings: The command's.
        about: What it works on, for the first line.
        where: Where work runs.

    Yields:
        The folder, the engine, and who shows progress.

    Raises:
        InputError: The engine's options contradict each other, or the folder exists.
        MissingError: The engine is not installed, or not there.
        LpzeroError: The folder cannot be made.
    """
    display = ProgressDisplay()
    with where.open(settings.device, deterministic=settings.deterministic) as engine:
        folder = make()
        say(f"{command} {folder.path}: seed {settings.seed}, {about}")
        try:
            yield folder, engine, display
        except NoResultError:
            # it has come to its end: to go on would end there again
            display.close()
            raise
        except BaseException:
            display.close()
            say(f"{folder.path} is kept: continue it with lpzero {command} --resume {folder.path}")
            raise
        display.close()
