"""Lines of published files: plain, gzipped, and such as are neither."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from lpzero.errors import InputError, MissingError
from lpzero.tables.published.packed_lines import text_lines


def test_lines_have_the_numbers_that_they_have_in_the_file(tmp_path: Path) -> None:
    content = "one\n\n  \ntwo é\n".encode()
    (tmp_path / "a.jsonl").write_bytes(content)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(content, mtime=0))
    for name in ("a.jsonl", "a.jsonl.gz"):
        assert list(text_lines(tmp_path / name)) == [(1, "one"), (4, "two é")]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.gz", b"plain", "Not a gzipped file"),
        ("a.gz", gzip.compress(b"x" * 100, mtime=0)[:-9], "ended before the end-of-stream"),
        ("a.gz", gzip.compress(b"x" * 100, mtime=0)[:12] + b"\xff" * 30, "found: "),
        ("a.gz", gzip.compress(b"x" * 101, mtime=0), "more than 100 bytes"),
        ("a", b"x" * 101, "more than 100 bytes"),
        ("a", b"\xff\xfe", "utf-8"),
    ],
)
def test_what_is_damaged_is_one_line(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        list(text_lines(path, 100))
    assert str(caught.value).startswith(f"{path}: expected a readable file of lines of text, ")
    assert str(caught.value).isprintable()


def test_what_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"a\.gz: expected a file, found none"):
        list(text_lines(tmp_path / "a.gz"))
    with pytest.raises(InputError, match="Is a directory"):
        list(text_lines(tmp_path))
