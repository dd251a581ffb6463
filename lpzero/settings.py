"""Settings that a user gave, from options or from a JSON file: read, validated, and refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from lpzero.errors import InputError

Settings = TypeVar("Settings", bound=BaseModel)


def check_settings(kind: type[Settings], values: dict[str, object], *, source: str = "") -> Settings:
    """Validate settings.

    Args:
        kind: What they are for.
        values: By name.
        source: The file that they come from; empty for options of the command line.

    Raises:
        InputError: A setting is unknown or not what it must be; the message names the file or the option.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as err:
        first = err.errors()[0]
        message = str(first["msg"]).removeprefix("Value error, ").replace("Input should be", "expected")
        name = ".".join(str(part) for part in first["loc"])
        place = f"{source}: {name}" if source else f"--{name.replace('_', '-')}"
        raise InputError(f"{place}: {message}, found {first['input']!r}") from None


def read_document(path: Path) -> dict[str, object]:
    """Read a JSON object from a file.

    Raises:
        InputError: There is no such file, or it is not a JSON object.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as err:
        raise InputError(f"{path}: expected a JSON object, found {err}") from None
    if not isinstance(document, dict):
        raise InputError(f"{path}: expected a JSON object, found {type(document).__name__}")
    return document
