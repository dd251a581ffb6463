"""What is wrong with a document, in one line: the path as the document has it, what was expected, what was found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from lpzero.principles.language.rule import OPERATORS
from lpzero.settings import one_line, place_in, shorten

_KINDS = ("int", "float", "str", "bool")
"""What a validator adds to a path behind a value that may be of several kinds."""


def fault_of(err: ValidationError) -> str:
    """The first fault that a validator found.

    >>> from lpzero.principles.language.rule import Negation
    >>> try:
    ...     Negation.model_validate({"op": "not", "rule": {"op": "ge", "feature": "depth", "value": "four"}})
    ... except ValidationError as err:
    ...     fault_of(err)
    "rule.value: expected a number, found 'four'"
    """
    first = err.errors(include_url=False)[0]
    place = place_in(_path(first["loc"]))
    said = _said(first)
    return f"{place}: {said}" if place else said


def _path(keys: tuple[int | str, ...]) -> Iterator[int | str]:
    """The keys of the document: those of the validator name the operator that it took, and the kind of a value."""
    return (key for key in keys if key not in OPERATORS and key not in _KINDS)


def _said(fault: Any) -> str:
    kind, found = fault["type"], fault["input"]
    if kind == "union_tag_invalid":
        return f"unknown operator {shorten(found.get('op'), 40)}: expected one of {', '.join(OPERATORS)}"
    if kind == "union_tag_not_found":
        return f"`op` is missing: expected one of {', '.join(OPERATORS)}"
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "no such key"
    if kind == "model_attributes_type" or kind == "model_type":
        return f"expected a table with keys and values, found {shorten(found)}"
    message = one_line(str(fault["msg"]).removeprefix("Value error, ").replace("Input should be", "expected"))
    if kind == "value_error":
        # it is about the whole of what stands there, and says what was found
        return message
    if fault["loc"] and fault["loc"][-1] in _KINDS:
        message = "expected a number" if kind in ("int_type", "float_type", "finite_number") else message
    return f"{message}, found {shorten(found)}"
