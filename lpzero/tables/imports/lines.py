"""The lines of a user's file: CSV with a header, or one JSON object a line, as rows of the same columns."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from lpzero.errors import InputError
from lpzero.settings import first_repeated
from lpzero.tables.document import described, parse_json

LARGEST = 1 << 28
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "upright strokes"}
_DECIMAL_COMMA = re.compile(r"(?:^|[;\t|])[ ]?([+-]?[0-9]{1,30},[0-9]{1,30})[ ]?(?=[;\t|\r]|$)", re.MULTILINE)
OBJECT = "a JSON object in a line of its own"


@dataclass(frozen=True)
class Row:
    """One record of a file.

    Attributes:
        place: The file and the first line of the record, for messages.
        line: That line, counted from 1.
        cells: Column -> text where the file is CSV, else what JSON has.
    """

    place: str
    line: int
    cells: dict[str, Any]


@dataclass(frozen=True)
class Lines:
    """A file in which every row has the same columns.

    Attributes:
        place: The file and the line that names the columns: the header, or the first object.
        columns: Their names, each once.
        rows: The records, read and checked one by one.
        text: Whether every cell is text, as it is in CSV.
        sha256: SHA-256 of the file.
    """

    place: str
    columns: tuple[str, ...]
    rows: Iterator[Row]
    text: bool
    sha256: str


def read_lines(path: Path, may_be_empty: Collection[str] = ()) -> Lines:
    """Read a CSV file (``.csv``) or JSON lines (``.jsonl``, ``.ndjson``, ``.json``) of UTF-8 text.

    Lines without anything but white space are passed over.

    Args:
        path: The file.
        may_be_empty: Columns whose cells may be empty where the file is CSV.

    Raises:
        InputError: The file is not there, of another kind, too large or no UTF-8 text, or names no columns or one
            twice. While its rows are read: one is damaged or has other columns. One line, which names the line.
    """
    opened = _KINDS.get(path.suffix.lower())
    if opened is None:
        found = repr(path.suffix) if path.suffix else "none"
        advice = "save it as CSV with commas between the columns" if path.suffix else "rename it"
        if path.is_dir():
            found, advice = "a folder", "give a file"
        raise InputError(f"{path}: expected a file with the suffix {', '.join(_KINDS)}, found {found}: {advice}")
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError as err:
        raise InputError(f"{path}: expected a file, found none") from err
    except OSError as err:
        raise InputError(f"{path}: expected a readable file, found: {err.strerror}") from err
    if len(content) > LARGEST:
        raise InputError(f"{path}: expected at most {LARGEST >> 20} MiB, found more")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = err.object.count(b"\n", 0, err.start) + 1
        raise InputError(f"{path}: line {line}: expected UTF-8 text, found other bytes: save it as UTF-8") from err
    return opened(path, text, hashlib.sha256(content).hexdigest(), may_be_empty)


def _open_csv(path: Path, text: str, sha256: str, may_be_empty: Collection[str]) -> Lines:
    records = _csv_records(path, text)
    line, columns = next(records, (1, []))
    place = f"{path}: line {line}"
    if not columns:
        raise InputError(f"{place}: expected a header with the names of the columns, found an empty file")
    if len(columns) == 1:
        _refuse_separator(place, columns[0], text)
    if "" in columns:
        raise InputError(f"{place}: expected a name for each column, found none in column {columns.index('') + 1}")
    if len(set(columns)) < len(columns):
        raise InputError(f"{place}: expected each column once, found {first_repeated(columns)} twice")
    return Lines(place, tuple(columns), _csv_rows(path, columns, records, may_be_empty), text=True, sha256=sha256)


def _refuse_separator(place: str, header: str, text: str) -> None:
    """Raise InputError where a header that is a single column has another separator than the comma."""
    found = next((name for separator, name in _SEPARATORS.items() if separator in header), None)
    if found is None:
        return
    decimal = _DECIMAL_COMMA.search(text)
    numbers = f", and numbers with a decimal comma, such as {decimal[1]}" if decimal else ""
    raise InputError(
        f"{place}: expected commas between the columns and points in numbers, found {found}{numbers}: save it that way"
    )


def _csv_records(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        # a record with a line break in quotes spans several lines: its first is the one to name
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as err:
            raise InputError(f"{path}: line {line}: expected CSV, found a fault: {err}: check its quotes") from err
        if len(cells) > 1 or "".join(cells).strip():
            yield line, cells


def _csv_rows(
    path: Path, columns: Sequence[str], records: Iterable[tuple[int, list[str]]], may_be_empty: Collection[str]
) -> Iterator[Row]:
    for line, cells in records:
        place = f"{path}: line {line}"
        if len(cells) != len(columns):
            raise InputError(f"{place}: expected {len(columns)} cells, one a column, found {len(cells)}")
        for column, cell in zip(columns, cells, strict=True):
            if not cell.strip() and column not in may_be_empty:
                raise InputError(f"{place}: {described(column)}: expected a value, found an empty cell")
        yield Row(place, line, dict(zip(columns, cells, strict=True)))


def _open_json(path: Path, text: str, sha256: str, may_be_empty: Collection[str]) -> Lines:
    # what is empty has null there, whatever the column
    del may_be_empty
    rows = _json_rows(path, text)
    first = next(rows, None)
    if first is None:
        raise InputError(f"{path}: line 1: expected {OBJECT}, found an empty file")
    checked = chain([first], _same_columns(first, rows))
    return Lines(first.place, tuple(first.cells), checked, text=False, sha256=sha256)


def _json_rows(path: Path, text: str) -> Iterator[Row]:
    for line, content in enumerate(io.StringIO(text), start=1):
        if not content.strip():
            continue
        place = f"{path}: line {line}"
        document = parse_json(content.rstrip(), place, OBJECT)
        if not isinstance(document, dict):
            raise InputError(f"{place}: expected {OBJECT}, found {described(document)}")
        yield Row(place, line, document)


def _same_columns(first: Row, rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        for column in [*first.cells, *row.cells]:
            if column not in row.cells:
                raise InputError(
                    f"{row.place}: expected the columns of line {first.line}, found no {described(column)}"
                )
            if column not in first.cells:
                raise InputError(
                    f"{row.place}: expected the columns of line {first.line}, found {described(column)} beside them"
                )
        yield row


_KINDS: dict[str, Callable[[Path, str, str, Collection[str]], Lines]] = {
    ".csv": _open_csv,
    ".jsonl": _open_json,
    ".ndjson": _open_json,
    ".json": _open_json,
}
