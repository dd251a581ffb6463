"""A reply that is a document: one JSON object, validated by a pydantic model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from lpzero.llm.reading import Reading, ReplyStatus, objects_in, readable
from lpzero.settings import one_line, place_in

LENGTHS = ("minLength", "maxLength", "minItems", "maxItems")
LONG = 16
"""A server that makes a grammar of a schema repeats a part for each: llama.cpp refuses large ones, and old ones die."""


@dataclass(frozen=True)
class Document:
    """Expects one JSON object; the value is an instance of the model.

    Attributes:
        model: What it has to be. Servers take the schemas of models that forbid other keys (``extra="forbid"``) and
            have no defaults; the others are only checked here.
    """

    model: type[BaseModel]

    @property
    def schema(self) -> dict[str, Any]:
        """See :class:`lpzero.llm.reading.Expected`; long lengths are left out: they are checked here alone."""
        sent: dict[str, Any] = _without_long_lengths(self.model.model_json_schema())
        return sent

    @property
    def instruction(self) -> str:
        """See :class:`lpzero.llm.reading.Expected`."""
        whole = json.dumps(self.model.model_json_schema())
        return f"Reply with one JSON object by this schema and nothing else: {whole}"

    def read(self, text: str) -> Reading:
        """See :class:`lpzero.llm.reading.Expected`; of several objects none is taken unless they are equal."""
        objects = objects_in(readable(text))
        if not objects:
            return Reading(ReplyStatus.MALFORMED, reason="expected a JSON object, found none")
        if any(other != objects[0] for other in objects[1:]):
            return Reading(ReplyStatus.MALFORMED, reason=f"expected one JSON object, found {len(objects)}")
        try:
            value = self.model.model_validate_json(json.dumps(objects[0]))
        except ValidationError as err:
            fault = err.errors(include_url=False)[0]
            place = place_in(fault["loc"]) or "the whole"
            return Reading(ReplyStatus.MALFORMED, reason=f"{place}: {one_line(fault['msg'], 200)}")
        except (ValueError, RecursionError):
            return Reading(ReplyStatus.MALFORMED, reason="expected a JSON object, found one that cannot be read")
        return Reading(ReplyStatus.OK, value)


def _without_long_lengths(part: Any) -> Any:
    if isinstance(part, dict):
        long = {name for name in LENGTHS if isinstance(part.get(name), int) and part[name] > LONG}
        return {name: _without_long_lengths(one) for name, one in part.items() if name not in long}
    return [_without_long_lengths(one) for one in part] if isinstance(part, list) else part
