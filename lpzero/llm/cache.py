"""Replies that were paid for, kept in one SQLite file, by the digest of everything that was sent."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from lpzero.errors import InputError, LpzeroError, MissingError
from lpzero.files import LOCK
from lpzero.llm.reply import Turn, Usage
from lpzero.paths import cache_home
from lpzero.settings import reason_of

FORMAT = 1
"""Counts up when the meaning of a file changes."""
BUSY_S = 30.0
"""Seconds that one process waits for another to end its writing."""
_TABLE = (
    "CREATE TABLE IF NOT EXISTS replies (digest TEXT PRIMARY KEY, address TEXT NOT NULL, model TEXT NOT NULL, "
    "made TEXT NOT NULL, turn TEXT NOT NULL) WITHOUT ROWID"
)
_TURN = TypeAdapter(Turn)
Done = TypeVar("Done")


class OfflineError(MissingError):
    """A reply is not in the cache, and nobody may be asked for it (exit code 3)."""


def default_path() -> Path:
    """Where replies are kept unless another file is named; raises as :func:`lpzero.paths.cache_home` does."""
    return cache_home() / "llm" / "replies.sqlite"


@dataclass(frozen=True)
class CacheFigures:
    """What a cache holds.

    Attributes:
        replies: How many.
        models: Replies of each model, by its name.
        usage: Tokens that they took.
        bytes: Size of the file.
    """

    replies: int
    models: dict[str, int]
    usage: Usage
    bytes: int


class ReplyCache:
    """Replies by digest; several threads and processes may use one file at once.

    Args:
        path: The file, which is made where it is not there, with its folder.

    Raises:
        InputError: The file is no such cache, or a damaged one.
        LpzeroError: It cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._guard = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        try:
            self._tried(self._open)
        except BaseException:
            self.close()
            raise

    def get(self, digest: str) -> Turn | None:
        """The reply to what has this digest; None where there is none."""
        return self._tried(lambda: self._read(digest))

    def put(self, digest: str, turn: Turn, *, address: str, model: str) -> Turn:
        """Keep a reply, whole or not at all, and return what is kept: where another process was first, its reply."""
        row = (digest, address, model, datetime.now(timezone.utc).isoformat(timespec="seconds"))
        text = json.dumps(asdict(turn))
        self._tried(lambda: self._run("INSERT OR IGNORE INTO replies VALUES (?, ?, ?, ?, ?)", (*row, text)))
        return self.get(digest) or turn

    def figures(self) -> CacheFigures:
        """What it holds."""
        rows = self._tried(lambda: self._run("SELECT model, turn FROM replies"))
        models: dict[str, int] = {}
        usage = Usage()
        for model, text in rows:
            models[model] = models.get(model, 0) + 1
            usage += self._tried(partial(_TURN.validate_json, text)).usage
        return CacheFigures(len(rows), models, usage, self.path.stat().st_size)

    def clear(self) -> int:
        """Remove all replies, and return how many there were."""
        number = int(self._tried(lambda: self._run("SELECT COUNT(*) FROM replies"))[0][0])
        self._tried(lambda: self._run("DELETE FROM replies"))
        self._tried(lambda: self._run("VACUUM"))
        return number

    def close(self) -> None:
        """Close the file."""
        with self._guard, suppress(sqlite3.Error):
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def __enter__(self) -> ReplyCache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # of two processes that make the file at once one would be turned away instead of waiting
        with FileLock(self.path.parent / f".{self.path.name}{LOCK}", timeout=BUSY_S):
            # every statement is a transaction of its own; threads take turns
            self._connection = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            self._prepare()

    def _prepare(self) -> None:
        version = int(self._run("PRAGMA user_version")[0][0])
        if version not in (0, FORMAT):
            raise ValueError(f"version {version}")
        if version == 0 and self._run("SELECT name FROM sqlite_master WHERE name != 'replies'"):
            raise ValueError("another database")
        self._run("PRAGMA journal_mode = WAL")
        self._run("PRAGMA synchronous = FULL")
        self._run(_TABLE)
        self._run(f"PRAGMA user_version = {FORMAT}")

    def _read(self, digest: str) -> Turn | None:
        rows = self._run("SELECT turn FROM replies WHERE digest = ?", (digest,))
        return None if not rows else _TURN.validate_json(rows[0][0])

    def _run(self, statement: str, values: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
        with self._guard:
            if self._connection is None:
                raise ValueError("a closed file")
            return self._connection.execute(statement, values).fetchall()

    def _tried(self, work: Callable[[], Done]) -> Done:
        """Do something with the file, and say in one line where that fails."""
        try:
            return work()
        except (sqlite3.OperationalError, OSError, Timeout) as err:
            raise LpzeroError(f"{self.path} cannot be used as a cache of replies: {reason_of(err)}") from err
        except (sqlite3.DatabaseError, ValidationError, ValueError) as err:
            found = "a damaged row" if isinstance(err, ValidationError) else reason_of(err)
            raise InputError(
                f"{self.path}: expected a cache of replies, found {found}: move the file away, or name another one"
            ) from None
