"""A result: what a command found, as a typed value that is printed and kept as one JSON document, and read back."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from lpzero.errors import InputError
from lpzero.settings import one_line, place_in


def _no_more_than_a_float(number: int | float) -> int | float:
    """A number that can be printed and compared as one; raises ValueError for a whole one beyond all floats."""
    try:
        float(number)
    except OverflowError as err:
        raise ValueError("expected a number that a float can be near to") from err
    return number


Number = Annotated[int | float, AfterValidator(_no_more_than_a_float)]
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

    def _repr_html_(self) -> str:
        """What a notebook shows: facts, and each list of parts as a table."""
        plain, tables = [], []
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, list) and value and all(isinstance(one, Result) for one in value):
                tables.append(f"<p><b>{escape(name)}</b></p>{_as_table([flattened(one) for one in value])}")
            elif isinstance(value, Result):
                tables.append(f"<p><b>{escape(name)}</b></p>{_as_table([flattened(value)])}")
            else:
                plain.append({"": name.rstrip("_"), "value": value})
        return _as_table(plain) + "".join(tables)


def flattened(result: Result, prefix: str = "") -> dict[str, Any]:
    """A result as one row: what is inside a part stands under names with dots, lists as they are.

    >>> class Part(Result):
    ...     n: int
    >>> class Whole(Result):
    ...     a: float
    ...     part: Part
    >>> flattened(Whole(a=0.5, part=Part(n=3)))
    {'a': 0.5, 'part.n': 3}
    """
    row: dict[str, Any] = {}
    for name in type(result).model_fields:
        value = getattr(result, name)
        if isinstance(value, Result):
            row |= flattened(value, f"{prefix}{name}.")
        elif not (isinstance(value, list) and any(isinstance(one, Result) for one in value)):
            row[f"{prefix}{name}"] = value
    return row


def _as_table(rows: list[dict[str, Any]]) -> str:
    """Rows as a table of HTML, every text escaped."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    lines = ["".join(f"<td>{escape(_shown(row.get(name)))}</td>" for name in columns) for row in rows]
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(f'<tr>{line}</tr>' for line in lines)}</tbody></table>"
    )


def _shown(value: object) -> str:
    return "-" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


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
