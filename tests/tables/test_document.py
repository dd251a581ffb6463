"""Upstream documents, read strictly: what is wrong with one is a single line that says where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from lpzero.errors import InputError, MissingError
from lpzero.tables.document import (
    DEEPEST,
    MAX_SHOWN,
    Document,
    check,
    described,
    parse_json,
    read_json,
    read_yaml,
    shorten,
)

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(codec="ascii"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcxyz", min_size=1), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(document=plain)
def test_what_is_written_is_read(document: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "a.json").write_text(json.dumps(document))
    (folder / "a.yaml").write_text(yaml.safe_dump(document))
    assert read_json(folder / "a.json") == document
    assert read_yaml(folder / "a.yaml") == document
    assert parse_json(json.dumps(document), "line 1") == document


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1,}', "found a fault at character [0-9]+ of 9: "),
        ('{"a": 1, "a": 2}', "with unique keys, found: the key 'a' twice in one object"),
        ("[" * 100_000, "found"),
        ("9" * 10_000, "found"),
    ],
)
def test_damaged_json_is_named_with_the_place(tmp_path: Path, text: str, found: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"a\.json: expected JSON.*{found}") as raised:
        read_json(path)
    assert len(str(raised.value)) < 500 + len(str(path))
    with pytest.raises(InputError, match=r"^line 7: expected a record, found "):
        parse_json(text, "line 7", "a record")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\na: 2", "a fault in line 2: key 'a' twice"),
        ("a: {b: 1, b: 2}", "a fault in line 1: key 'b' twice"),
        ("a: &x 1\nb: *x", "a fault: an alias"),
        ("a: !!python/object/apply:os.system ['true']", "a fault in line 1: could not determine a constructor"),
        ("a: [1", "a fault in line"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "a fault: too many brackets inside each other"),
        ("a: 2000-99-99", "a fault: "),
        ("? [1, 2]\n: 3", "a fault"),
    ],
)
def test_yaml_that_is_not_plain_is_named(tmp_path: Path, text: str, found: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"a\.yaml: expected YAML, found {found}") as raised:
        read_yaml(path)
    assert len(str(raised.value).splitlines()) == 1


def test_yaml_of_the_greatest_depth_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("[" * DEEPEST + "]" * DEEPEST)
    found = read_yaml(tmp_path / "a.yaml")
    for _ in range(DEEPEST - 1):
        (found,) = found
    assert found == []


@pytest.mark.parametrize("read", [read_json, read_yaml])
def test_what_cannot_be_read_is_missing_or_refused(tmp_path: Path, read: Any) -> None:
    with pytest.raises(MissingError, match=r"gone: expected a file, found none$"):
        read(tmp_path / "gone")
    with pytest.raises(InputError, match=r"expected a readable file of UTF-8 text, found: Is a directory$"):
        read(tmp_path)
    (tmp_path / "bytes").write_bytes(b'"ab\xff"')
    with pytest.raises(InputError, match=r"bytes: expected a readable file of UTF-8 text, found: other bytes at 3$"):
        read(tmp_path / "bytes")


class Inner(Document):
    """A part."""

    size: Annotated[int, Field(ge=1)]


class Outer(Document):
    """A document."""

    name: str
    parts: list[Inner]
    share: float = 0.5


class Closed(Document, extra="forbid"):
    """One without further keys."""

    name: str


def test_a_document_with_further_keys_is_checked_and_cannot_change() -> None:
    found = check(Outer, {"name": "a", "parts": [{"size": 2}], "more": 3}, "a.yaml")
    assert (found.name, found.parts[0].size, found.share) == ("a", 2, 0.5)
    with pytest.raises(ValueError, match="frozen"):
        found.name = "b"


@pytest.mark.parametrize(
    ("model", "document", "message"),
    [
        (Outer, {"parts": []}, "a.yaml: record 3: expected the key name, found none"),
        (Outer, {"name": "a", "parts": [{}]}, "a.yaml: record 3: expected the key parts.0.size, found none"),
        (Outer, {"name": 1, "parts": []}, "a.yaml: record 3: name: expected a valid string, found 1"),
        (
            Outer,
            {"name": "a", "parts": [{"size": 1}, {"size": 0}]},
            "a.yaml: record 3: parts.1.size: expected greater than or equal to 1, found 0",
        ),
        (
            Outer,
            {"name": "a", "parts": [], "share": float("nan")},
            "a.yaml: record 3: share: expected a finite number, found nan",
        ),
        (
            Outer,
            {"name": "a", "parts": [], "share": "0.5"},
            "a.yaml: record 3: share: expected a valid number, found '0.5'",
        ),
        (Closed, {"name": "a", "x\ny": 1}, r"a.yaml: record 3: x\ny: expected no such key, found 1"),
    ],
)
def test_what_is_wrong_is_one_line_of_place_key_expected_and_found(
    model: type[Document], document: Any, message: str
) -> None:
    with pytest.raises(InputError) as raised:
        check(model, document, "a.yaml: record 3")
    assert str(raised.value) == message


def test_a_document_that_is_none_is_said_without_a_key() -> None:
    with pytest.raises(InputError, match=r"^a: expected .*, found \[1\]$"):
        check(Outer, [1], "a")


def test_values_in_messages_are_short() -> None:
    assert [described(value) for value in (None, True, [1] * 99, {"a": 1}, "x", 1.5)] == [
        "null",
        "true",
        "a list",
        "an object",
        "'x'",
        "1.5",
    ]
    assert shorten("y" * 1000) == "'" + "y" * (MAX_SHOWN - 1) + "..."
    assert described("y" * 1000) == shorten("y" * 1000)
