"""The folder of a run: settings, environment and events, as every kind of run keeps them; never overwritten.

A run is begun once, and carried to its end by one process at a time, from wherever the last one left it.
"""

from __future__ import annotations

import csv
import glob
import io
import json
import platform
import shutil
import sys
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel

from lpzero import plugins
from lpzero.errors import InputError, LpzeroError
from lpzero.files import DAY, PART, append_lines, held, remove_parts, write_json, write_text
from lpzero.result import Result, read_result
from lpzero.settings import check_settings, read_document

if TYPE_CHECKING:
    from typing_extensions import Self

PLUGINS = "plugins"
"""What an environment has beside versions, where a run depends on other packages."""
CONFIG, ENV, EVENTS, SCORES = "config.json", "env.json", "events.jsonl", "scores.csv"
Config = TypeVar("Config", bound=BaseModel)
Found = TypeVar("Found", bound=Result)
RECORDED = ("lpzero", "deap", "numpy", "scipy", "torch", "transformers")


def _environment(settings: dict[str, Any], versions: dict[str, str]) -> dict[str, Any]:
    """The versions that a run begins with, the machine, and the plug-ins that its settings name, where they do."""
    environment = {"python": sys.version.split()[0], "platform": platform.platform(), **versions}
    named = plugins.identities(settings)
    return {**environment, PLUGINS: named} if named else environment


def run_plugins(path: Path) -> list[dict[str, str]]:
    """What a run says of the plug-ins that it depends on; nothing where it names none, or does not say it.

    Args:
        path: Its folder.

    Raises:
        InputError: Its environment is damaged.
    """
    said = read_document(path / ENV).get(PLUGINS) if (path / ENV).is_file() else None
    return [] if said is None else plugins.checked_identities(said, path / ENV)


class RunFolder(Generic[Found]):
    """One run on disk.

    Args:
        path: The folder.

    Attributes:
        path: The folder.
        kind: What its result is.
        result_file: Name of the file that holds it.
        of: What it is the result of, for messages.
        remedy: What to do about a damaged one, for messages.
    """

    kind: type[Found]
    result_file: str
    of: str
    remedy: str

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, config: BaseModel) -> Self:
        """Begin a run in a new folder.

        Args:
            path: The folder.
            config: What decides the result.

        Raises:
            InputError: The folder exists; it is left untouched.
            LpzeroError: It cannot be made.
        """
        run = cls(path)
        run.begin(config.model_dump())
        return run

    @classmethod
    def open(cls, path: Path, kind: type[Config]) -> tuple[Self, Config]:
        """Open a run to continue it.

        Args:
            path: The folder.
            kind: What its settings are.

        Raises:
            InputError: The folder holds no run, or one of another kind.
        """
        if not (path / CONFIG).is_file():
            raise InputError(f"{path}: expected the folder of a run with {CONFIG}, found none")
        plugins.require(run_plugins(path), path, exactly=True)
        return cls(path), check_settings(kind, read_document(path / CONFIG), source=str(path / CONFIG))

    def begin(self, settings: dict[str, Any]) -> None:
        """Make the folder, with the settings and the environment of the run.

        Args:
            settings: What decides the result.

        Raises:
            InputError: The folder exists; it is left untouched.
            LpzeroError: It cannot be made.
        """
        exists = InputError(
            f"{self.path} exists and is left as it is: give another `output`, or continue it with `resume` {self.path}"
        )
        if self.path.exists():
            raise exists
        remove_parts(self.path.parent, f".{glob.escape(self.path.name)}.*", older_than=DAY)
        versions = {name: metadata.version(name) for name in RECORDED}
        # whole, or not there at all: a kill in between must not leave a folder that is no run
        part = self.path.parent / f".{self.path.name}.{uuid.uuid4().hex}{PART}"
        try:
            write_json(part / CONFIG, settings)
            write_json(part / ENV, _environment(settings, versions))
            part.rename(self.path)
        except OSError as err:
            shutil.rmtree(part, ignore_errors=True)
            if self.path.exists() or isinstance(err, NotADirectoryError):
                raise exists from None
            raise LpzeroError(f"{self.path} cannot be made: {err}") from err
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        self.event("created")

    def event(self, name: str, **facts: Any) -> None:
        """Append one line to the events, with the time."""
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        line = json.dumps({"time": now, "event": name, **facts}, allow_nan=False)
        append_lines(self.path / EVENTS, [line])

    def write_scores(self, records: Iterable[Result]) -> None:
        """Write what was scored as a table: a line each, with the fields of the records as columns."""
        rows = [record.to_json() for record in records]
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(self.path / SCORES, text.getvalue())

    def write_result(self, result: Found) -> None:
        """Keep the result, last of all: a run with a result is finished."""
        write_json(self.path / self.result_file, result.to_json())

    def read_result(self) -> Found | None:
        """The result of a finished run; None where it is not finished.

        Raises:
            InputError: There is a result, but it is damaged, or that of another kind of run.
        """
        path = self.path / self.result_file
        if not path.exists():
            return None
        return read_result(self.kind, read_document(path), path, of=self.of, remedy=self.remedy)

    def carry_out(self, execute: Callable[[], Found]) -> Found:
        """Carry the run to its end, unless it is there already.

        Args:
            execute: Carries it from where it stands to its result, which it keeps; called while no other process may.

        Raises:
            InputError: Another process is at work in the folder.
        """
        finished = self.read_result()
        if finished is not None:
            return finished
        with held(self.path):
            # whoever held it may have ended it
            return self.read_result() or execute()
