"""What a user gave, as options or as a JSON file: read, validated, and refused in one line.

A file may come from anybody: no size, depth, number or text in it may cost more than an error.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lpzero.errors import InputError

Settings = TypeVar("Settings", bound=BaseModel)

LARGEST_FILE = 1 << 28
"""Bytes of the largest JSON file that is read."""
LONGEST_SHOWN = 200
"""Letters of the longest value that a message shows in full."""


def check_settings(kind: type[Settings], values: dict[str, object], *, source: str = "") -> Settings:
    """Validate settings.

    Args:
        kind: What they are for.
        values: By name.
        source: The file that they come from; empty for what was given by name.

    Raises:
        InputError: A setting is unknown or not what it must be; the message names the file or the setting.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as err:
        first = err.errors(include_url=False)[0]
        message = one_line(str(first["msg"]).removeprefix("Value error, ").replace("Input should be", "expected"))
        name = place_in(first["loc"])
        place = f"{source}: {name}" if source else f"`{name}`"
        if first["type"] == "extra_forbidden" and len(first["loc"]) == 1:
            # one that was misspelt, or all that there are
            expected = get_close_matches(name, kind.model_fields, n=1) or [f"one of {', '.join(kind.model_fields)}"]
            raise InputError(f"{place}: no such setting: expected {expected[0]}") from None
        raise InputError(f"{place}: {message}, found {shorten(first['input'])}") from None


def read_document(path: Path, *, largest: int = LARGEST_FILE) -> dict[str, object]:
    """Read a JSON object from a file of at most ``largest`` bytes.

    Raises:
        InputError: There is no such file, it is larger, or it is not a JSON object.
    """
    try:
        document = parse_json(read_bounded(path, largest))
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError) as err:
        raise InputError(f"{path}: expected a JSON object, found {reason_of(err)}") from None
    if not isinstance(document, dict):
        raise InputError(f"{path}: expected a JSON object, found {type(document).__name__}")
    return document


def read_bounded(path: Path, largest: int = LARGEST_FILE) -> str:
    """The text of a file, which may be a device or a pipe that never ends; a byte order mark is left out.

    Raises:
        OSError: It cannot be read.
        ValueError: It is larger than ``largest`` bytes, or no UTF-8 text.
    """
    with path.open("rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise ValueError(f"more than {largest} bytes")
    return content.decode("utf-8-sig")


def parse_json(text: str) -> Any:
    """Parse JSON.

    Raises:
        ValueError: It is none, an object has a key twice, a number has thousands of digits, or it is nested too deeply
            to read; a JSONDecodeError where the place is known.
    """
    try:
        return json.loads(text, object_pairs_hook=unique_keys)
    except RecursionError:
        raise ValueError("too many brackets inside each other") from None


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs of a JSON object, for ``object_pairs_hook``; raises ValueError where a key is there twice."""
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError(f"the key {first_repeated(key for key, _ in pairs)} twice in one object")
    return document


def first_repeated(names: Iterable[str]) -> str:
    """The first name that is there for the second time, for a message; one of them has to be."""
    seen: set[str] = set()
    # set.add returns None: the first name that is there already
    return shorten(next(name for name in names if name in seen or seen.add(name)), 60)  # type: ignore[func-returns-value]


def shorten(value: Any, longest: int = LONGEST_SHOWN) -> str:
    """A value as Python writes it, for a message: printable, and its beginning where it is long."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):
        # nested too deeply, or a number of thousands of digits
        return f"a {type(value).__name__}"
    return text if len(text) <= longest else text[:longest] + "..."


def one_line(text: str, longest: int = 500) -> str:
    """A text that may quote what was found, for a message: one printable line, cut where it is long."""
    short = text if len(text) <= longest else f"{text[:longest]}..."
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in short)


def reason_of(err: object) -> str:
    """What an exception says, which may be several lines, as one."""
    return one_line(" ".join(str(err).split()))


def place_in(keys: Iterable[object]) -> str:
    """The keys that lead to a value of a document, with dots between them, for a message."""
    return ".".join(one_line(str(key), 60) for key in keys)
