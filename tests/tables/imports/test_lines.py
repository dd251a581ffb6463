"""Lines of a user's file: what a row is in CSV and in JSON lines, and every way in which a file is no such thing."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.tables.imports import lines
from lpzero.tables.imports.lines import OBJECT, read_lines


def read(path: Path, content: str | bytes) -> list[tuple[int, dict[str, Any]]]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [(row.line, row.cells) for row in read_lines(path).rows]


def fault_of_path(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_lines(path)
    return str(caught.value)


def fault(path: Path, content: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(path, content)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv(tmp_path: Path, mark: bytes, end: str) -> None:
    content = mark + end.join(["a,b", "1,ü", "", '"2', '3",x y', "  ", "4,5"]).encode()
    path = tmp_path / "file.csv"
    # the record in quotes begins in line 4 and ends in line 5
    assert read(path, content) == [
        (2, {"a": "1", "b": "ü"}),
        (4, {"a": f"2{end}3", "b": "x y"}),
        (7, {"a": "4", "b": "5"}),
    ]
    found = read_lines(path)
    assert (found.place, found.columns, found.text) == (f"{path}: line 1", ("a", "b"), True)
    assert found.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson", ".json", ".JSONL"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_json_lines(tmp_path: Path, suffix: str, end: str) -> None:
    content = "\ufeff" + end.join(["", '{"a": 1, "b": ["x"]}', " ", '{"b": null, "a": "\u2028"}', ""])
    path = tmp_path / f"file{suffix}"
    assert read(path, content) == [(2, {"a": 1, "b": ["x"]}), (4, {"b": None, "a": "\u2028"})]
    found = read_lines(path)
    assert (found.place, found.columns, found.text) == (f"{path}: line 2", ("a", "b"), False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1: expected a header with the names of the columns, found an empty file"),
        ("\n \n", "line 1: expected a header with the names of the columns, found an empty file"),
        ("a,,c\n1,2,3\n", "line 1: expected a name for each column, found none in column 2"),
        ("\na,b,a\n1,2,3\n", "line 2: expected each column once, found 'a' twice"),
        ("a,b\n1,2\n3\n", "line 3: expected 2 cells, one a column, found 1"),
        ("a,b\n1,2\n3,4,5\n", "line 3: expected 2 cells, one a column, found 3"),
        ("a,b\n\n1,2\n3, \n", "line 4: 'b': expected a value, found an empty cell"),
        ('a,b\n1,2\n3,"4\n5,6\n', "line 3: expected CSV, found a fault: unexpected end of data: check its quotes"),
        ('a,b\n1,"2"x\n', "line 2: expected CSV, found a fault: "),
        ("a,b\n1,2\n" + "3" * 200_000 + ",4\n", "line 3: expected CSV, found a fault: field larger than field limit"),
        (b"a,b\n1,2\n\xff,4\n", "line 3: expected UTF-8 text, found other bytes: save it as UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "line 1: expected UTF-8 text, found other bytes: save it as UTF-8"),
    ],
)
def test_csv_that_is_damaged(tmp_path: Path, content: str | bytes, message: str) -> None:
    assert fault(tmp_path / "file.csv", content).startswith(message)


FIRST = '{"a": 1, "b": 2}\n'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", f"line 1: expected {OBJECT}, found an empty file"),
        ("[]\n", f"line 1: expected {OBJECT}, found a list"),
        ("{\n", f"line 1: expected {OBJECT}, found a fault at character 2: Expecting property name"),
        (FIRST + "\nnull\n", f"line 3: expected {OBJECT}, found null"),
        (FIRST + "'text'", f"line 2: expected {OBJECT}, found a fault at character 1: Expecting value"),
        (FIRST + FIRST[:-3], f"line 2: expected {OBJECT}, found a fault at character 14: "),
        (FIRST + '{"a": 1, "b": 2, "a": 1}', f"line 2: expected {OBJECT}, found the key 'a' twice in one object"),
        (
            FIRST + '{"a": 1, "b": {"c": 1, "c": 1}}',
            f"line 2: expected {OBJECT}, found the key 'c' twice in one object",
        ),
        (FIRST + '{"a": 1}', "line 2: expected the columns of line 1, found no 'b'"),
        (FIRST + '{"a": 1, "b": 2, "c": 3}', "line 2: expected the columns of line 1, found 'c' beside them"),
        (FIRST + '{"a": ' + "[" * 100_000, f"line 2: expected {OBJECT}, found too many brackets inside each other"),
        (FIRST + '{"a": ' + '{"x":' * 100_000, f"line 2: expected {OBJECT}, found too many brackets"),
        (FIRST + '{"a": 1' + "0" * 5000 + ', "b": 1}', f"line 2: expected {OBJECT}, found Exceeds the limit"),
        (FIRST.encode() + b'{"a": "\xe4"}', "line 2: expected UTF-8 text, found other bytes: save it as UTF-8"),
    ],
)
def test_json_lines_that_are_damaged(tmp_path: Path, content: str | bytes, message: str) -> None:
    assert fault(tmp_path / "file.jsonl", content).startswith(message)


SAVE = "save it as CSV with commas between the columns"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("file.tsv", f"'.tsv': {SAVE}"),
        ("file.csv.gz", f"'.gz': {SAVE}"),
        ("file", "none: rename it"),
        (".csv", "none: rename it"),
    ],
)
def test_another_kind_of_file(tmp_path: Path, name: str, found: str) -> None:
    expected = f"expected a file with the suffix .csv, .jsonl, .ndjson, .json, found {found}"
    assert fault(tmp_path / name, "a,b\n1,2\n") == expected


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("a;b\n1;2\n", "semicolons"),
        ("a;b\n1;81,2\n", "semicolons, and numbers with a decimal comma, such as 81,2"),
        ("a;b\r\n-0,5;2\r\n3; 4,25\r\n", "semicolons, and numbers with a decimal comma, such as -0,5"),
        ("a\tb\n1\t2\n", "tabs"),
        ("a|b\n1|2\n", "upright strokes"),
    ],
)
def test_another_separator_is_named(tmp_path: Path, content: str, found: str) -> None:
    expected = "line 1: expected commas between the columns and points in numbers, found "
    assert fault(tmp_path / "file.csv", content) == f"{expected}{found}: save it that way"


def test_a_list_in_semicolons_is_no_separator(tmp_path: Path) -> None:
    assert read(tmp_path / "file.csv", "a,b\n1;2,3\n") == [(2, {"a": "1;2", "b": "3"})]
    assert read(tmp_path / "one.csv", "architecture\nx;y\n") == [(2, {"architecture": "x;y"})]


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "table").mkdir()
    assert fault_of_path(tmp_path / "table").endswith(".json, found a folder: give a file")
    with pytest.raises(InputError, match=r"none\.csv: expected a file, found none"):
        read_lines(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match=r"folder\.csv: expected a readable file, found: Is a directory"):
        read_lines(tmp_path / "folder.csv")


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LARGEST", 1 << 20)
    content = "a,b\n" + "1,2\n" * ((1 << 18) - 1)
    assert len(read(tmp_path / "file.csv", content)) == (1 << 18) - 1
    assert fault(tmp_path / "file.csv", content + "\n") == "expected at most 1 MiB, found more"


def test_columns_that_may_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("a,b\n1,\n")
    assert [row.cells for row in read_lines(path, may_be_empty=("b", "c")).rows] == [{"a": "1", "b": ""}]
    with pytest.raises(InputError, match="'b': expected a value, found an empty cell"):
        list(read_lines(path, may_be_empty=("a",)).rows)
