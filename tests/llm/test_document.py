"""Replies that are documents: validated by a pydantic model, wherever they stand among words."""

from __future__ import annotations

import json
from typing import Annotated

import jsonschema
import pytest
from pydantic import BaseModel, ConfigDict, Field

from lpzero.llm.document import Document
from lpzero.llm.reading import ReplyStatus


class Rule(BaseModel):
    """A document of these tests."""

    model_config = ConfigDict(extra="forbid", strict=True)

    operation: str
    layers: Annotated[list[int], Field(min_length=1, max_length=3)]


RULE = Document(Rule)
GOOD = {"operation": "attention", "layers": [1, 2]}


@pytest.mark.parametrize(
    "text", [json.dumps(GOOD), f"Sure:\n```json\n{json.dumps(GOOD)}\n```\nDone.", json.dumps(GOOD) * 2]
)
def test_a_document_is_found_and_validated(text: str) -> None:
    reading = RULE.read(text)
    assert reading.status is ReplyStatus.OK
    assert reading.value == Rule(**GOOD)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no", "expected a JSON object, found none"),
        ("[1]", "found none"),
        ('{"operation": "x"}', "layers: Field required"),
        ('{"operation": "x", "layers": []}', "layers: List should have at least 1 item"),
        ('{"operation": "x", "layers": [1.5]}', "layers.0"),
        ('{"operation": 3, "layers": [1]}', "operation: Input should be a valid string"),
        ('{"operation": "x", "layers": [1], "__class__": "os"}', "__class__: Extra inputs are not permitted"),
        ('{"operation": "x", "layers": [NaN]}', "layers.0"),
        (json.dumps(GOOD) + json.dumps({**GOOD, "layers": [3]}), "expected one JSON object, found 2"),
        ('{"operation": "\ud800", "layers": [1' + "9" * 5000 + "]}", "expected a JSON object"),
    ],
)
def test_what_is_no_such_document_has_a_status_and_a_place(text: str, words: str) -> None:
    reading = RULE.read(text)
    assert (reading.status, reading.value) == (ReplyStatus.MALFORMED, None)
    assert words in reading.reason
    assert reading.reason.isprintable()


def test_the_schema_is_that_of_the_model() -> None:
    jsonschema.validate(GOOD, RULE.schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**GOOD, "other": 1}, RULE.schema)
    assert "layers" in RULE.instruction


class Long(BaseModel):
    """A document with long parts, and one whose name is that of a limit."""

    model_config = ConfigDict(extra="forbid", strict=True)

    maxLength: Annotated[str, Field(max_length=200)]  # noqa: N815
    layers: Annotated[list[int], Field(min_length=1, max_length=3)]


def test_servers_are_told_no_long_lengths_which_are_checked_here() -> None:
    sent = Document(Long).schema
    assert sent["properties"]["maxLength"] == {"title": "Maxlength", "type": "string"}
    assert (sent["properties"]["layers"]["minItems"], sent["properties"]["layers"]["maxItems"]) == (1, 3)
    assert sent["required"] == ["maxLength", "layers"]
    assert '"maxLength": 200' in Document(Long).instruction
    assert Document(Long).read(json.dumps({"maxLength": "x" * 201, "layers": [1]})).status is ReplyStatus.MALFORMED
