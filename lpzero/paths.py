"""Where lpzero keeps what it can make or download again."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs


def cache_home() -> Path:
    """The folder of every cache: ``LPZERO_HOME`` where it is set, else the user's cache folder for lpzero.

    The folder need not exist.
    """
    home = os.environ.get("LPZERO_HOME")
    return Path(home).expanduser() if home else platformdirs.user_cache_path("lpzero")


def writable(folder: Path) -> bool:
    """Whether files can be made in a folder, which is made where it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
