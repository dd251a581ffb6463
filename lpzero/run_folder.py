"""The folder of a run: settings, environment and events, as every kind of run keeps them; never overwritten."""

from __future__ import annotations

import glob
import json
import platform
import shutil
import sys
import uuid
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

from lpzero.errors import InputError, LpzeroError
from lpzero.files import DAY, PART, append_lines, remove_parts, write_json

CONFIG, ENV, EVENTS = "config.json", "env.json", "events.jsonl"
RECORDED = ("lpzero", "deap", "numpy", "scipy", "torch", "transformers")


class RunFolder:
    """One run on disk.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, settings: dict[str, Any], more: str) -> None:
        """Make the folder, with the settings and the environment of the run.

        Args:
            settings: What decides the result.
            more: What a user may do besides giving another --output where the folder exists.

        Raises:
            InputError: The folder exists; it is left untouched.
            LpzeroError: It cannot be made.
        """
        exists = InputError(f"{self.path} exists and is left as it is: give another --output{more}")
        if self.path.exists():
            raise exists
        remove_parts(self.path.parent, f".{glob.escape(self.path.name)}.*", older_than=DAY)
        versions = {name: metadata.version(name) for name in RECORDED}
        # whole, or not there at all: a kill in between must not leave a folder that is no run
        part = self.path.parent / f".{self.path.name}.{uuid.uuid4().hex}{PART}"
        try:
            write_json(part / CONFIG, settings)
            write_json(part / ENV, {"python": sys.version.split()[0], "platform": platform.platform(), **versions})
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
