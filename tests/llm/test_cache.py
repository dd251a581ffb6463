"""The cache of replies: whole or not at all, for several processes at once, and never a traceback."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lpzero.errors import InputError, LpzeroError
from lpzero.llm.cache import ReplyCache, default_path
from lpzero.llm.reply import Turn, Usage

TURN = Turn("25.6", "stop", "", Usage(40, 5), ("a note",))
PLACE = {"address": "http://127.0.0.1/v1", "model": "m"}


def test_a_reply_comes_back_as_it_was(tmp_path: Path) -> None:
    with ReplyCache(tmp_path / "folder" / "c.sqlite") as cache:
        assert cache.get("d") is None
        assert cache.put("d", TURN, **PLACE) == TURN
    with ReplyCache(tmp_path / "folder" / "c.sqlite") as cache:
        assert cache.get("d") == TURN
        assert cache.get("e") is None


def test_the_first_reply_is_the_one_that_is_kept(tmp_path: Path) -> None:
    with ReplyCache(tmp_path / "c.sqlite") as cache, ReplyCache(tmp_path / "c.sqlite") as other:
        cache.put("d", TURN, **PLACE)
        # who comes second goes on with what everybody will find later
        assert other.put("d", Turn("26.1"), **PLACE) == TURN


def test_figures_and_clearing(tmp_path: Path) -> None:
    with ReplyCache(tmp_path / "c.sqlite") as cache:
        for digest, model in (("a", "m"), ("b", "m"), ("c", "n")):
            cache.put(digest, TURN, address="x", model=model)
        figures = cache.figures()
        assert (figures.replies, figures.models, figures.usage) == (3, {"m": 2, "n": 1}, Usage(120, 15))
        assert figures.bytes > 0
        assert cache.clear() == 3
        assert cache.figures().replies == 0


WRITER = """
import sys
from pathlib import Path
from lpzero.llm.cache import ReplyCache
from lpzero.llm.reply import Turn
with ReplyCache(Path(sys.argv[1])) as cache:
    for i in range(60):
        cache.put(str(i), Turn(f"{sys.argv[2]} {i}"), address="x", model="m")
"""


def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    processes = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in ("a", "b")]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    with ReplyCache(path) as cache:
        assert cache.figures().replies == 60
        for i in range(60):
            turn = cache.get(str(i))
            assert turn is not None
            assert turn.text in (f"a {i}", f"b {i}")


def test_the_file_is_written_ahead_and_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    code = (
        WRITER.replace("    for i", "    import os, signal\n    for i") + "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path), "a"], check=False)
    assert done.returncode == -9
    with ReplyCache(path) as cache:
        assert cache.figures().replies == 60
    assert sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone() == ("wal",)


def _refused(path: Path) -> str:
    with pytest.raises(InputError) as caught, ReplyCache(path) as cache:
        cache.figures()
    message = str(caught.value)
    assert message.startswith(f"{path}: expected a cache of replies, found ")
    assert message.endswith("move the file away, or name another one")
    assert message.isprintable()
    return message


def test_a_damaged_file_is_one_line_and_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    path.write_bytes(b"not a database at all\n" * 100)
    before = path.read_bytes()
    assert "file is not a database" in _refused(path)
    assert path.read_bytes() == before
    path.unlink()
    with ReplyCache(path) as cache:
        for i in range(200):
            cache.put(f"{i:064d}", Turn("x" * 500), **PLACE)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    path.write_bytes(content)
    assert "malformed" in _refused(path)


def test_another_database_or_version_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE mine (x)")
    assert "another database" in _refused(other)
    later = tmp_path / "later.sqlite"
    with sqlite3.connect(later) as connection:
        connection.execute("PRAGMA user_version = 9")
    assert "version 9" in _refused(later)


def test_a_damaged_row_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    with ReplyCache(path) as cache:
        cache.put("d", TURN, **PLACE)
    for text in ("x", "{}", '{"text": 3}', "[1]"):
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE replies SET turn = ?", (text,))
        assert "a damaged row" in _refused(path)
        with ReplyCache(path) as cache, pytest.raises(InputError, match="a damaged row"):
            cache.get("d")


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "c.sqlite", tmp_path):
        with pytest.raises(LpzeroError, match="cannot be used as a cache of replies"):
            ReplyCache(path)


def test_a_closed_cache_says_so(tmp_path: Path) -> None:
    with ReplyCache(tmp_path / "c.sqlite") as cache:
        pass
    with pytest.raises(InputError, match="a closed file"):
        cache.get("d")


def test_it_lies_in_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path))
    assert default_path() == tmp_path / "llm" / "replies.sqlite"
