"""Where lpzero keeps what it can make or download again."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs

from lpzero.errors import InputError


def cache_home() -> Path:
    """The folder of every cache: ``LPZERO_HOME`` where it is set, else the user's cache folder for lpzero.

    The folder need not exist.

    Raises:
        InputError: ``LPZERO_HOME`` begins with ``~`` and a user that this machine does not know.
    """
    home = os.environ.get("LPZERO_HOME")
    if not home:
        return platformdirs.user_cache_path("lpzero")
    try:
        return Path(home).expanduser()
    except RuntimeError as err:
        raise InputError(f"LPZERO_HOME: expected a folder, found {home}: {err}") from None


def writable(folder: Path) -> bool:
    """Whether files can be made in a folder, which is made where it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
