"""Files that are replaced atomically."""

from __future__ import annotations

import errno
import json
import math
import os
import resource
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from lpzero.errors import InputError
from lpzero.files import LOCK, PART, append_lines, held, is_held, write_bytes, write_json, write_text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_there_and_nothing_else(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a.bin", b"\x00\xff\r\n")
    write_text(tmp_path / "b.txt", "ä\r\n日本\n")
    write_json(tmp_path / "c.json", {"x": [1, None, 0.1]})
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\xff\r\n"
    assert (tmp_path / "b.txt").read_bytes() == "ä\r\n日本\n".encode()
    assert json.loads((tmp_path / "c.json").read_text()) == {"x": [1, None, 0.1]}
    assert (tmp_path / "c.json").read_text().endswith("\n")
    assert names(tmp_path) == ["a.bin", "b.txt", "c.json"]


def test_the_folder_is_made(tmp_path: Path) -> None:
    write_text(tmp_path / "one" / "two" / "x.txt", "x")
    assert (tmp_path / "one" / "two" / "x.txt").read_text() == "x"


def test_the_old_text_is_replaced_however_long_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    for text in ("a long old text", "new", ""):
        write_text(path, text)
        assert path.read_text() == text
    assert names(tmp_path) == ["x.txt"]


def test_a_reader_sees_the_old_text_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    texts = {"a" * 300_000, "b" * 500_000}
    write_text(path, "a" * 300_000)
    seen, stop = set(), threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.add(path.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(50):
        for text in sorted(texts):
            write_text(path, text)
    stop.set()
    reader.join()
    assert seen
    assert seen <= texts


def test_an_open_file_keeps_the_old_text(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    write_text(path, "old")
    with path.open() as file:
        write_text(path, "new")
        assert file.read() == "old"
    assert path.read_text() == "new"


@contextmanager
def nearly_full() -> Iterator[None]:
    """No file of this process may grow beyond 1000 bytes, as on a disk without room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [1001, 500_000])
def test_a_write_that_fails_leaves_the_old_text_and_no_part(tmp_path: Path, size: int) -> None:
    path = tmp_path / "x.txt"
    write_text(path, "old")
    with pytest.raises(OSError, match="File too large"), nearly_full():
        write_text(path, "n" * size)
    with pytest.raises(OSError, match="File too large"), nearly_full():
        write_text(tmp_path / "fresh.txt", "n" * size)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["x.txt"]


def test_a_document_that_is_no_json_leaves_the_old_text(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_json(path, {"x": 1})
    for bad in ({"x": math.nan}, {"x": [math.inf]}):
        with pytest.raises(ValueError, match="Out of range float values"):
            write_json(path, bad)
    with pytest.raises(TypeError):
        write_json(path, {"x": object()})
    assert json.loads(path.read_text()) == {"x": 1}
    assert names(tmp_path) == ["x.json"]


def test_a_replacement_that_fails_leaves_no_part(tmp_path: Path) -> None:
    (tmp_path / "x.txt").mkdir()
    with pytest.raises(IsADirectoryError):
        write_text(tmp_path / "x.txt", "new")
    assert names(tmp_path) == ["x.txt"]


def test_a_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    write_text(tmp_path / "ours.txt", "x")
    (tmp_path / "plain.txt").write_text("x")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("ours.txt", "plain.txt")]
    assert modes[0] == modes[1]


@pytest.mark.parametrize("there", ["", "one\n", "one\ntw", "t" * 10_000, "one\n" + "t" * 10_000])
def test_a_line_is_appended_behind_whole_ones_alone(tmp_path: Path, there: str) -> None:
    path = tmp_path / "lines"
    path.write_text(there)
    append_lines(path, ["last"])
    assert path.read_text() == there[: there.rfind("\n") + 1] + "last\n"


def test_a_full_disk_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for write in (write_text, append_lines):
        with pytest.raises(OSError, match=r"No space left on device: '.*mine'"):
            write(tmp_path / "mine", ["text"] if write is append_lines else "text")
    assert not list(tmp_path.glob(f"*{PART}"))


def test_a_folder_that_was_made_to_be_held_goes_where_nothing_was_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="refused"), held(tmp_path / "new"):
        raise InputError("refused")
    assert not (tmp_path / "new").exists()
    with held(tmp_path / "new"):
        (tmp_path / "new" / "kept").write_text("x")
    assert (tmp_path / "new" / "kept").is_file()
    # one that was there before stays
    (tmp_path / "old").mkdir()
    with held(tmp_path / "old"):
        pass
    assert (tmp_path / "old").is_dir()


def test_who_looks_sees_whether_a_folder_is_held_and_leaves_it_as_it_is(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with held(tmp_path):
        assert is_held(tmp_path)
        assert is_held(tmp_path)
    assert (tmp_path / LOCK).is_file()
    assert not is_held(tmp_path)
    with held(tmp_path):
        pass


def test_who_begins_while_somebody_looks_is_not_kept_out(tmp_path: Path) -> None:
    with held(tmp_path):
        pass
    looking = FileLock(tmp_path / LOCK, blocking=False, thread_local=False)
    looking.acquire()
    let_go = threading.Timer(0.1, looking.release)
    let_go.start()
    with held(tmp_path):
        assert is_held(tmp_path)
    let_go.join()
