"""A result: what a command found, as a typed value that is printed and kept as one JSON document, and read back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lpzero.errors import InputError
from lpzero.settings import one_line, place_in

Number = int | float
Direction = Literal["higher", "lower"]
"""Which scores are better."""
Ends = Annotated[list[float], Field(min_length=2, max_length=2)]
"""The ends of an interval, the lower one first."""


class Result(BaseModel):
    """A result, or a part of one.

    Figures are finite; None stands where there is none, and a status says why. Keys that another version wrote are kept
    as they are, and those that it did not write stay away: a document that was read is written again unchanged.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="allow", allow_inf_nan=False, populate_by_name=True)

    def to_json(self) -> dict[str, Any]:
        """The document: plain JSON types, keys in the order in which they are declared."""
        return self.model_dump(by_alias=True, exclude_unset=True)


Kind = TypeVar("Kind", bound=Result)


def read_result(kind: type[Kind], document: dict[str, object], place: Path | str, *, of: str, remedy: str) -> Kind:
    """Read a result that a file holds.

    Args:
        kind: What it should be.
        document: What stands in the file.
        place: The file, for the message.
        of: What it is the result of, for the message.
        remedy: What to do about another one, for the message.

    Raises:
        InputError: A key is missing, or has another value than such a result; the message names it.
    """
    try:
        return kind.model_validate(document)
    except ValidationError as err:
        fault = err.errors(include_url=False)[0]
        key = place_in(fault["loc"]) or "the whole"
        found = "none" if fault["type"] == "missing" else one_line(fault["msg"].removeprefix("Value error, "))
        raise InputError(f"{place}: expected the result of {of}, found {key}: {found}: {remedy}") from None
