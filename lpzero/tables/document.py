"""Upstream documents, read strictly: whatever is wrong with one becomes a single line that says where."""

from __future__ import annotations

import json
from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from lpzero import settings
from lpzero.errors import InputError, MissingError
from lpzero.settings import one_line, place_in, read_bounded, reason_of

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # a PyYAML built without libyaml: the same results, slower
    from yaml import SafeLoader  # type: ignore[assignment]


MAX_SHOWN = 60
DEEPEST = 50


class Document(BaseModel):
    """Base of the models of upstream documents: no conversion, no NaN; further keys may be there."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False, extra="ignore")


D = TypeVar("D", bound=Document)


class _UniqueKeyLoader(SafeLoader):
    """A safe loader that refuses a key given twice, where YAML would silently keep the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def shorten(value: Any) -> str:
    """A value as Python writes it, for a message: its beginning where it is long."""
    return settings.shorten(value, MAX_SHOWN)


def described(value: Any) -> str:
    """A value for a message: short, and without its content where it is a list or an object."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    return shorten(value)


def parse_json(text: str, place: str, wanted: str = "JSON") -> Any:
    """Parse JSON in which an object has each key once.

    Args:
        text: The JSON.
        place: Where it stands, for the message.
        wanted: What it should be, for the message.

    Raises:
        InputError: It is none, or nested too deeply to read. One line, which begins with ``place``.
    """
    try:
        return settings.parse_json(text)
    except json.JSONDecodeError as err:
        raise InputError(f"{place}: expected {wanted}, found a fault at character {err.pos + 1}: {err.msg}") from err
    except ValueError as err:
        raise InputError(f"{place}: expected {wanted}, found {err}") from err


def _read_text(path: Path) -> str:
    try:
        return read_bounded(path)
    except FileNotFoundError as error:
        raise MissingError(f"{path}: expected a file, found none") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: expected a readable file of UTF-8 text, found: other bytes at {error.start}"
        ) from error
    except (OSError, ValueError) as error:
        found = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path}: expected a readable file of UTF-8 text, found: {found}") from error


def read_json(path: Path) -> Any:
    """Parse a JSON file.

    Raises:
        MissingError: There is no such file.
        InputError: It cannot be read, or it is not JSON, or an object has a key twice.
    """
    text = _read_text(path)
    try:
        return settings.parse_json(text)
    except json.JSONDecodeError as error:
        place = f"at character {error.pos} of {len(text)}"
        raise InputError(f"{path}: expected JSON, found a fault {place}: {error.msg}") from error
    except ValueError as error:
        raise InputError(f"{path}: expected JSON with unique keys, found: {reason_of(error)}") from error


def read_yaml(path: Path) -> Any:
    """Parse a YAML file of plain types, without aliases, at most 50 levels deep.

    Raises:
        MissingError: There is no such file.
        InputError: It cannot be read, or it is not plain YAML, or a mapping has a key twice.
    """
    text = _read_text(path)
    try:
        _check_events(text)
        return yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - it is a SafeLoader
    except yaml.MarkedYAMLError as error:
        place = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"{path}: expected YAML, found a fault{place}: {reason_of(error.problem)}") from error
    except Exception as error:  # whatever the constructors of PyYAML raise of a text that is no number, date, ...
        raise InputError(f"{path}: expected YAML, found a fault: {reason_of(error)}") from error


def _check_events(text: str) -> None:
    """Refuse what would cost more than its length: libyaml nests on the stack of the process, and dies of it.

    Raises:
        ValueError: It is nested too deeply, or refers to a part of itself.
    """
    depth = 0
    for event in yaml.parse(text, Loader=SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ValueError("too many brackets inside each other")
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("an alias, which the documents that are read here do not have")


def check(model: type[D], document: Any, place: str) -> D:
    """Validate a parsed document.

    Args:
        model: What the document should be.
        document: Plain types, as a parser returned them.
        place: The file and the record, for the message.

    Raises:
        InputError: The document is something else. One line: place, key, what was expected, what was found.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        key = place_in(fault["loc"])
        if fault["type"] == "missing":
            raise InputError(f"{place}: expected the key {key}, found none") from error
        unknown = fault["type"] == "extra_forbidden"
        expected = "no such key" if unknown else one_line(fault["msg"].removeprefix("Input should be "))
        found = shorten(fault["input"])
        raise InputError(f"{place}: {key + ': ' if key else ''}expected {expected}, found {found}") from error
