"""``lpzero llm cache``: what is kept, and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.cli.main import run
from lpzero.llm import ReplyCache, Usage
from lpzero.llm.reply import Turn


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def test_what_is_kept_is_counted_and_cleared(capsys: pytest.CaptureFixture[str]) -> None:
    with ReplyCache(Path("c.sqlite")) as cache:
        for digest in ("a", "b"):
            cache.put(digest, Turn("25.6", usage=Usage(40, 5)), address="x", model="m")
    assert run(["llm", "cache", "--cache-file", "c.sqlite", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document.pop("bytes") > 0
    assert document == {
        "schema": 1,
        "file": "c.sqlite",
        "replies": 2,
        "models": {"m": 2},
        "tokens": {"input": 80, "output": 10, "estimated": False},
        "removed": 0,
    }
    assert run(["llm", "cache", "--cache-file", "c.sqlite"]) == 0
    assert "  of m" in capsys.readouterr().out
    assert run(["llm", "cache", "--cache-file", "c.sqlite", "--clear", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["replies"], document["removed"]) == (0, 2)
    assert run(["llm", "cache", "--cache-file", "c.sqlite", "--clear"]) == 0


def test_where_there_is_none_none_is_made(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["llm", "cache", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["replies"], document["file"]) == (0, str(tmp_path / "home" / "llm" / "replies.sqlite"))
    assert not (tmp_path / "home").exists()


def test_a_damaged_one_is_exit_2_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.sqlite").write_text("nothing")
    assert run(["llm", "cache", "--cache-file", "c.sqlite"]) == 2
    assert capsys.readouterr().err == (
        "lpzero: error: c.sqlite: expected a cache of replies, found file is not a database: move the file away, or "
        "name another one\n"
    )
