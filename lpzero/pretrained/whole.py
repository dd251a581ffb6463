"""Folders that are written whole, or not at all."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from lpzero.errors import InputError, LpzeroError
from lpzero.files import DAY, PART, remove_parts

CARD, CONFIGURATION = "README.md", "config.json"


def check_free(folder: Path) -> None:
    """Raise InputError where a folder is not free to be written: a file is there, or a folder with something in it."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: expected an empty folder or none, found a file: give another folder")
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty and is left as it is: give another folder")


def check_writable(folder: Path) -> None:
    """Raise LpzeroError where a folder cannot be made, or nothing be written into it: tried, and removed again."""
    there = next(one for one in (folder.resolve(), *folder.resolve().parents) if one.exists())
    try:
        tried = tempfile.mkdtemp(prefix=".", suffix=PART, dir=there)
    except OSError as err:
        raise LpzeroError(f"{folder} cannot be written: {err.strerror or err}") from err
    Path(tried).rmdir()


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill, whose files take their place when the block ends; where it fails they are removed.

    The block writes a card, ``README.md``, too. What processes that were killed a day ago left is removed.

    Args:
        folder: Empty, or not there yet.

    Raises:
        InputError: The folder is not free.
        LpzeroError: It cannot be written.
    """
    check_free(folder)
    there = folder.is_dir()
    # beside a folder that is not there, and in one that is: it may be where a disk is mounted
    beside = folder.resolve() if there else folder.resolve().parent
    name = folder.resolve().name
    remove_parts(beside, f".{glob.escape(name)}.*", older_than=DAY)
    part = beside / f".{name}.{uuid.uuid4().hex}{PART}"
    try:
        part.mkdir(parents=True)
        yield part
        _settle(part)
        if there:
            _move(part, folder)
        else:
            part.replace(folder)
    except (FileExistsError, NotADirectoryError) as err:
        raise InputError(f"{folder}: expected a folder that can be made, found a file on its path") from err
    except (OSError, SafetensorError) as err:
        raise LpzeroError(f"{folder} cannot be written: {getattr(err, 'strerror', None) or err}") from err
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _move(part: Path, folder: Path) -> None:
    """Move files into a folder that is there, the configuration last: a folder without one is no model."""
    for path in sorted(part.iterdir(), key=lambda path: path.name == CONFIGURATION):
        path.replace(folder / path.name)


def _settle(folder: Path) -> None:
    """Have the system write every file: one that goes down may otherwise have kept the names, and nothing in them."""
    # what links point to is somebody's
    for path in (one for one in folder.iterdir() if not one.is_symlink()):
        # safetensors keeps its files to their owner, whatever the umask says
        path.chmod((folder / CARD).stat().st_mode)
        with path.open("rb") as file:
            os.fsync(file.fileno())
