"""Files that survive a kill: each is replaced whole, and one process at a time works in a folder."""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from lpzero.errors import InputError, LpzeroError

PART = ".part"
"""Ending of a file that is not yet whole; a process that is killed may leave one."""
LOCK = ".lock"
"""File in a folder that a process holds; it stays there, and means nothing by itself."""
MOMENT = 0.5
"""Seconds in which whoever asks whether a folder is held has let go of it again."""
DAY = 86_400.0
"""Seconds after which a part belongs to nobody, where nobody can be asked."""


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a file inside the block that takes the place of ``path`` when the block ends, whole or not at all.

    Its folder is made where it is not there, and its permissions follow the umask.

    Raises:
        OSError: It cannot be written; it names ``path``, which is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.parent / f".{path.name}.{uuid.uuid4().hex}{PART}"
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            # a machine that goes down may otherwise have kept the new name, and nothing in the file
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as err:
        part.unlink(missing_ok=True)
        # a full disk names no file
        if err.filename in (None, str(part)):
            err.filename = str(path)
        raise
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file; raises as :func:`replacing` does."""
    with replacing(path) as file:
        file.write(content)


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Append lines to a file of UTF-8 text; what a full disk left of an unfinished one is cut off before.

    Raises:
        OSError: It cannot be written; it names ``path``.
    """
    content = "".join(f"{line}\n" for line in lines).encode()
    try:
        with path.open("ab+") as file:
            _cut_unfinished(file)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as err:
        err.filename = str(path)
        raise


def _cut_unfinished(file: BinaryIO) -> None:
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        begin = max(0, end - 4096)
        file.seek(begin)
        last = file.read(end - begin).rfind(b"\n")
        if last >= 0:
            file.truncate(begin + last + 1)
            return
        end = begin
    file.truncate(0)


def write_text(path: Path, text: str) -> None:
    """Replace a file of UTF-8 text."""
    write_bytes(path, text.encode())


def write_json(path: Path, document: Any) -> None:
    """Replace a JSON document; NaN and infinity are refused."""
    write_text(path, json.dumps(document, indent=1, allow_nan=False) + "\n")


def remove_parts(folder: Path, pattern: str = "**/*", older_than: float = 0.0) -> None:
    """Remove what killed processes left of files and folders that were not yet whole.

    Args:
        folder: Where to look; nobody may be writing there, unless what is removed is older than they are.
        pattern: Which names, as of :meth:`pathlib.Path.glob`.
        older_than: Seconds since the last change.
    """
    for part in list(folder.glob(f"{pattern}{PART}")):
        # another process may remove the same, and what cannot be removed harms nobody
        with suppress(OSError):
            if not part.name.startswith(".") or time.time() - part.lstat().st_mtime < older_than:
                continue
            if part.is_dir() and not part.is_symlink():
                shutil.rmtree(part)
            else:
                part.unlink()


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder inside the block; it is made where it is not there.

    The system gives it free when the process ends, however it ends. It keeps out only those that hold it too. What
    killed processes left of files that were not yet whole is removed, and a folder that was made here and in which
    nothing was written goes again.

    Raises:
        InputError: Another process holds it.
        LpzeroError: It cannot be written.
    """
    from filelock import FileLock, Timeout

    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK, timeout=MOMENT)
        lock.acquire()
    except Timeout as err:
        raise InputError(f"{folder}: expected no other process at work there, found one: wait for its end") from err
    except OSError as err:
        raise LpzeroError(f"{folder} cannot be written: {err.strerror or err}") from err
    try:
        remove_parts(folder)
        yield
    finally:
        if made and folder.is_dir() and [one.name for one in folder.iterdir()] == [LOCK]:
            _unmake(folder)
        lock.release()


def is_held(folder: Path) -> bool:
    """Whether a process holds a folder, as far as this machine sees; where nobody can tell, it may.

    Nobody can where the folder cannot be written. A process on another machine is seen where the file system tells.
    """
    from filelock import FileLock, Timeout

    if not (folder / LOCK).is_file():
        return False
    try:
        with FileLock(folder / LOCK, blocking=False):
            return False
    except (Timeout, OSError, NotImplementedError):
        return True


def _unmake(folder: Path) -> None:
    # while it is held, so that nobody else takes it meanwhile; where a held file cannot be removed, it stays
    with suppress(OSError):
        (folder / LOCK).unlink()
        folder.rmdir()
