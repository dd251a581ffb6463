"""What a user gave: read within bounds, and refused in one line that names it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lpzero.errors import InputError
from lpzero.settings import (
    LONGEST_SHOWN,
    check_settings,
    first_repeated,
    one_line,
    parse_json,
    place_in,
    read_bounded,
    read_document,
    reason_of,
    shorten,
)


class _Inner(BaseModel):
    deep: int = 0


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    search_size: Annotated[int, Field(ge=4)] = 4
    inner: _Inner = _Inner()

    @model_validator(mode="after")
    def _odd(self) -> _Settings:
        if self.search_size == 13:
            raise ValueError("expected a lucky number")
        return self


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"search_size": 3}, "{}: expected greater than or equal to 4, found 3"),
        ({"search_size": "5"}, "{}: expected a valid integer, found '5'"),
    ],
)
def test_a_wrong_setting_is_named_or_its_file(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        check_settings(_Settings, values)
    assert str(caught.value) == message.format("`search_size`")
    with pytest.raises(InputError) as caught:
        check_settings(_Settings, values, source="c.json")
    assert str(caught.value) == message.format("c.json: search_size")


def test_a_setting_inside_another_and_one_of_none() -> None:
    assert check_settings(_Settings, {"search_size": 9}).search_size == 9
    with pytest.raises(InputError, match=r"^`inner.deep`: expected a valid integer, .*found 'x'$"):
        check_settings(_Settings, {"inner": {"deep": "x"}})
    with pytest.raises(InputError, match=r"^`serch_size`: no such setting: expected search_size$"):
        check_settings(_Settings, {"serch_size": 9})
    with pytest.raises(InputError, match=r"expected a lucky number, found {'search_size': 13}$"):
        check_settings(_Settings, {"search_size": 13})


def test_a_value_that_is_long_or_hostile_is_cut() -> None:
    values: list[Any] = ["x" * 10_000, "\x1b[31m\n" * 500, -(10**5000), [[]] * 5000]
    for value in values:
        with pytest.raises(InputError) as caught:
            check_settings(_Settings, {"search_size": value})
        assert len(str(caught.value)) < 3 * LONGEST_SHOWN
        assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"[1]", "expected a JSON object, found list"),
        (b"3", "expected a JSON object, found int"),
        (b"{", "expected a JSON object, found Expecting property name"),
        (b"", "expected a JSON object, found Expecting value"),
        (b"\xff\xfe", "expected a JSON object, found 'utf-8' codec can't decode"),
        (b'{"a": 1, "a": 2}', "found the key 'a' twice in one object"),
        (b'{"b": {"a": 1, "a": 2}}', "found the key 'a' twice in one object"),
        (b"[" * 100_000, "found too many brackets inside each other"),
        (b'{"a": ' + b"9" * 5000 + b"}", "expected a JSON object, found Exceeds the limit"),
        (b'{"a": "' + b"x" * 200 + b'"}', "found more than 100 bytes"),
    ],
)
def test_a_file_that_is_no_document_is_refused(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "d.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_document(path, **({"largest": 100} if "bytes" in found else {}))
    assert str(caught.value).startswith(f"{path}: ")
    assert found in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("{}")
    for path in (tmp_path / "none.json", tmp_path / "file" / "inside"):
        with pytest.raises(InputError) as caught:
            read_document(path)
        assert str(caught.value) == f"{path}: no such file"
    with pytest.raises(InputError, match=r"expected a JSON object, found .*Is a directory"):
        read_document(tmp_path)


def test_a_document_is_read_as_it_was_written(tmp_path: Path) -> None:
    document = {"a": [1, 2.5, None, True, {"ü": "日本"}], "b": {}}
    (tmp_path / "d.json").write_text(json.dumps(document), encoding="utf-8")
    assert read_document(tmp_path / "d.json") == document
    assert parse_json(json.dumps(document, ensure_ascii=False)) == document


def test_the_largest_file_is_read_and_no_larger_one(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x" * 100)
    assert read_bounded(tmp_path / "f", 100) == "x" * 100
    with pytest.raises(ValueError, match=r"^more than 99 bytes$"):
        read_bounded(tmp_path / "f", 99)


def test_a_device_without_an_end_is_refused() -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("there is no /dev/zero")
    with pytest.raises(ValueError, match="more than 1000 bytes"):
        read_bounded(Path("/dev/zero"), 1000)


def test_the_first_repeated_name() -> None:
    assert first_repeated(["a", "b", "c", "b", "a"]) == "'b'"
    assert first_repeated(["x" * 100] * 2) == "'" + "x" * 59 + "..."


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\nb", r"'a\nb'"),
        (None, "None"),
        pytest.param(10**5000, "a int", id="thousands of digits"),
        ("x" * 300, "'" + "x" * 199 + "..."),
    ],
)
def test_a_value_is_shown_short(value: Any, shown: str) -> None:
    assert shorten(value) == shown


def test_a_value_that_is_too_deep_to_show_is_named_by_its_type() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert shorten(deep) == "a list"
    # taken apart by hand: Python's own way down is as deep
    while deep:
        deep = deep.pop()


def test_lines_are_one_and_printable() -> None:
    assert one_line("a\x1b[31m\tb\nc") == r"a\x1b[31m\tb\nc"
    assert one_line("é日 x") == "é日 x"
    assert one_line("x" * 501) == "x" * 500 + "..."
    assert reason_of(ValueError("one\n  two\tthree")) == "one two three"


def test_a_place_is_its_keys() -> None:
    assert place_in(("a", 3, "b")) == "a.3.b"
    assert place_in(()) == ""
    assert place_in(("a\n", "x" * 100)) == r"a\n." + "x" * 60 + "..."


def test_a_byte_order_mark_is_no_part_of_a_text(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"a": 1}', encoding="utf-8-sig")
    assert read_bounded(tmp_path / "c.json") == '{"a": 1}'
    assert read_document(tmp_path / "c.json") == {"a": 1}
