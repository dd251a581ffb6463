"""What a ``space.toml`` may say: its keys and the kinds of their values."""

from __future__ import annotations

import importlib
import math
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from lpzero.errors import InputError
from lpzero.settings import check_settings, one_line, read_bounded, reason_of
from lpzero.spaces.architecture import digest_of

LARGEST_FILE = 1 << 18
MOST_DOTS = 100
"""Dots of a line: what a parser of TOML does for a key of many parts grows with their square."""
LONGEST_CHOICE = 4096
MOST_VALUES = 2 * LONGEST_CHOICE
"""Values of all lists together: each one is tried."""
MOST_CONSTRAINTS = 64
DEEPEST_FIELD = 8
LARGEST = 1 << 63
LARGEST_INSIDE = 1 << 24
"""Some types repeat a part of a list as often as a number in it says."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("expected 1 to 64 letters, digits, dots, dashes and underscores, a letter or digit first")
    return name


def _is_scalar(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    # torch counts with 64 bits
    return isinstance(value, str) or (isinstance(value, int) and abs(value) < LARGEST)


def _fixed(value: Any) -> Any:
    parts = [(value, DEEPEST_FIELD)]
    while parts:
        part, levels = parts.pop()
        if isinstance(part, (dict, list)):
            if not levels:
                raise ValueError(f"expected lists and tables of at most {DEEPEST_FIELD} levels")
            parts += [(inner, levels - 1) for inner in (part.values() if isinstance(part, dict) else part)]
        elif not _is_scalar(part):
            raise ValueError("expected finite numbers, text, true or false, or lists and tables of them")
        elif levels < DEEPEST_FIELD and isinstance(part, int) and abs(part) > LARGEST_INSIDE:
            raise ValueError(f"expected whole numbers of at most {LARGEST_INSIDE} in lists and tables")
    return value


def _listed(values: list[Any]) -> list[Any]:
    if not 1 <= len(values) <= LONGEST_CHOICE:
        raise ValueError(f"expected a list of 1 to {LONGEST_CHOICE} values")
    if not all(_is_scalar(value) for value in values):
        raise ValueError("expected finite numbers, text, true or false")
    if len(set(values)) < len(values):
        raise ValueError("expected each value once")
    return values


class SpaceDocument(BaseModel):
    """The content of a ``space.toml``.

    Attributes:
        name: Name of the space.
        model_type: What transformers calls the models.
        objective: Which language model is built, for types that have both.
        fixed: Fields of the configuration that are the same in all.
        choices: For each field that is chosen, its values.
        per_layer: The same for fields that have a value in each layer.
        constraints: What the values keep, each a text.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    name: Annotated[str, AfterValidator(_name)]
    model_type: str
    objective: Literal["masked", "causal"] | None = None
    fixed: dict[str, Annotated[Any, AfterValidator(_fixed)]] = {}
    choices: dict[str, Annotated[list[Any], AfterValidator(_listed)]] = {}
    per_layer: dict[str, Annotated[list[Any], AfterValidator(_listed)]] = {}
    constraints: Annotated[list[str], Field(max_length=MOST_CONSTRAINTS)] = []

    @model_validator(mode="after")
    def _can_be_tried(self) -> SpaceDocument:
        found = sum(map(len, (*self.choices.values(), *self.per_layer.values())))
        if found > MOST_VALUES:
            raise ValueError(f"expected at most {MOST_VALUES} values in all lists together, found {found}")
        return self

    @property
    def digest(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of what it says, whatever the order of its keys."""
        return digest_of(self.model_dump())[:16]


def read_text(path: Path) -> str:
    """The text of a TOML file; raises InputError where there is none, or more than 256 KiB."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise InputError(f"{path}: expected at most {LARGEST_FILE} bytes, found {size}")
        # a device says that it has no size, and never ends; some editors begin a file with a byte order mark
        return read_bounded(path, LARGEST_FILE).removeprefix("\ufeff")
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError) as err:
        raise InputError(f"{path}: expected a readable file of UTF-8 text, found {err}") from None


def parse_document(path: Path, text: str) -> SpaceDocument:
    """Parse a ``space.toml``; whether transformers knows its fields is not looked at.

    Args:
        path: The file, for messages.
        text: What it holds.

    Raises:
        InputError: It is not what it must be; the message names the file and the key.
    """
    values = parse_toml(path, text)
    for key in values:
        if key not in SpaceDocument.model_fields:
            expected = ", ".join(SpaceDocument.model_fields)
            raise InputError(f"{path}: {one_line(key, 60)}: no such key: expected one of {expected}")
    for key in ("name", "model_type"):
        if key not in values:
            raise InputError(f"{path}: {key}: expected a text, found no such key")
    return check_settings(SpaceDocument, values, source=str(path))


def parse_toml(path: Path, text: str) -> dict[str, object]:
    """The content of a TOML file; raises InputError, naming the file, where it is no TOML."""
    # a line of TOML ends at a line feed, and not at what else Python takes for the end of one
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > MOST_DOTS:
            raise InputError(
                f"{path}: line {number}: expected at most {MOST_DOTS} dots, found more: write several lines"
            )
    # part of Python since 3.11, and before that a package of its own
    toml: Any = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        document: dict[str, object] = toml.loads(text)
    except (ValueError, RecursionError) as err:
        # the mistakes of TOML are ValueErrors
        raise InputError(f"{path}: expected TOML, found {reason_of(err)}") from None
    return document
