"""Results: strict, finite, frozen, and written again as they were read."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from lpzero.errors import InputError
from lpzero.result import Direction, Ends, Number, Result, read_result


class Part(Result):
    """A part."""

    value: float | None = None
    count: Number = 0


class Whole(Result):
    """A result."""

    schema_: Annotated[int, Field(alias="schema")]
    name: str
    direction: Direction = "higher"
    interval: Ends | None = None
    parts: list[Part] = Field(default_factory=list)
    hidden: Annotated[str, Field(exclude=True)] = ""


def _read(document: dict[str, Any]) -> Whole:
    return read_result(Whole, document, "f.json", of="a test", remedy="run it again")


@pytest.mark.parametrize(
    "document",
    [
        {"schema": 1, "name": "x"},
        {"schema": 1, "name": "x", "parts": [{}, {"value": None}, {"value": 0.5, "count": 1}, {"count": 1.5}]},
        # of another version
        {"schema": 2, "name": "x", "new": {"a": [1]}, "parts": [{"new": None}]},
        {"schema": 1, "name": "x", "interval": None, "direction": "lower"},
    ],
)
def test_a_document_is_written_as_it_was_read(document: dict[str, Any]) -> None:
    found = _read(json.loads(json.dumps(document)))
    assert found.to_json() == document
    assert json.dumps(_read(found.to_json()).to_json()) == json.dumps(found.to_json())


def test_keys_stand_in_the_order_of_their_declaration() -> None:
    assert list(_read({"parts": [], "name": "x", "schema": 1}).to_json()) == ["schema", "name", "parts"]


def test_what_is_excluded_is_no_part_of_the_document() -> None:
    assert Whole(schema_=1, name="x", hidden="y").to_json() == {"schema": 1, "name": "x"}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"name": ...}, "name: none"),
        ({"schema": ...}, "schema: none"),
        ({"schema": "1"}, "schema: Input should be a valid integer"),
        ({"direction": "up"}, "direction: Input should be 'higher' or 'lower'"),
        ({"interval": [0.0]}, "interval: List should have at least 2 items after validation, not 1"),
        ({"interval": [0.0, 1.0, 2.0]}, "interval: List should have at most 2 items after validation, not 3"),
        ({"parts": [{}, {"value": float("inf")}]}, "parts.1.value: Input should be a finite number"),
        ({"parts": [{}, {"value": "1"}]}, "parts.1.value: Input should be a valid number"),
        ({"parts": [3]}, "parts.0: "),
    ],
)
def test_what_is_damaged_is_named(change: dict[str, Any], found: str) -> None:
    document = {key: value for key, value in {"schema": 1, "name": "x", **change}.items() if value is not ...}
    with pytest.raises(InputError) as caught:
        _read(document)
    message = str(caught.value)
    assert message.startswith(f"f.json: expected the result of a test, found {found}")
    assert message.endswith(": run it again")


def test_what_is_no_object_is_said() -> None:
    with pytest.raises(InputError, match=r"^f.json: expected the result of a test, found the whole: .*: run it again$"):
        _read([])  # type: ignore[arg-type]


def test_a_message_is_one_printable_line() -> None:
    with pytest.raises(InputError) as caught:
        _read({"schema": 1, "name": "x", "parts": [{"value\n\x1b[31m": 1, "count": "x"}]})
    assert str(caught.value).isprintable()


def test_a_result_is_not_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Whole(schema_=1, name="x").name = "y"


def test_a_notebook_shows_facts_and_rows_with_every_text_escaped() -> None:
    class Row(Result):
        name: str
        tau: float | None

    class Whole(Result):
        table: str
        rows: list[Row]

    html = Whole(table="<b>t</b>", rows=[Row(name="a&b", tau=0.123456789), Row(name="c", tau=None)])._repr_html_()
    assert "<b>t</b>" not in html
    assert "&lt;b&gt;t&lt;/b&gt;" in html
    assert "a&amp;b" in html
    assert "0.123457" in html
    assert html.count("<tr>") == 5


def test_a_whole_number_beyond_all_floats_is_refused_and_a_large_one_kept() -> None:
    large = {"schema": 1, "name": "x", "parts": [{"count": 10**300}]}
    assert _read(large).parts[0].count == 10**300
    beyond = {"schema": 1, "name": "x", "parts": [{"count": 10**400}]}
    with pytest.raises(InputError, match="expected a number that a float can be near to"):
        _read(beyond)
