"""Upstream documents, read strictly: whatever is wrong with one becomes a single line that says where."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from lpzero.errors import InputError, MissingError

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # a PyYAML built without libyaml: the same results, slower
    from yaml import SafeLoader  # type: ignore[assignment]


MAX_SHOWN = 60


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
    return shorten(next(name for name in names if name in seen or seen.add(name)))  # type: ignore[func-returns-value]


def shorten(value: Any) -> str:
    """A value as Python writes it, for a message: its beginning where it is long."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "..."


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise MissingError(f"{path}: expected a file, found none") from error
    except (OSError, UnicodeDecodeError) as error:
        found = error.strerror if isinstance(error, OSError) else f"other bytes at {error.start}"
        raise InputError(f"{path}: expected a readable file of UTF-8 text, found: {found}") from error


def read_json(path: Path) -> Any:
    """Parse a JSON file.

    Raises:
        MissingError: There is no such file.
        InputError: It cannot be read, or it is not JSON, or an object has a key twice.
    """
    text = _read_text(path)
    try:
        return json.loads(text, object_pairs_hook=unique_keys)
    except json.JSONDecodeError as error:
        place = f"at character {error.pos} of {len(text)}"
        raise InputError(f"{path}: expected JSON, found a fault {place}: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected JSON with unique keys, found: {_one_line(error)}") from error


def read_yaml(path: Path) -> Any:
    """Parse a YAML file of plain types.

    Raises:
        MissingError: There is no such file.
        InputError: It cannot be read, or it is not plain YAML, or a mapping has a key twice.
    """
    text = _read_text(path)
    try:
        return yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - it is a SafeLoader
    except yaml.MarkedYAMLError as error:
        place = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"{path}: expected YAML, found a fault{place}: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected YAML, found a fault: {_one_line(error)}") from error


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
        key = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "missing":
            raise InputError(f"{place}: expected the key {key}, found none") from error
        unknown = fault["type"] == "extra_forbidden"
        expected = "no such key" if unknown else fault["msg"].removeprefix("Input should be ")
        found = shorten(fault["input"])
        raise InputError(f"{place}: {key + ': ' if key else ''}expected {expected}, found {found}") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
