"""Read and write files of principles, which may come from anybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lpzero.errors import InputError
from lpzero.files import write_json
from lpzero.principles.document import MOST_PRINCIPLES, Principle, Principles
from lpzero.principles.language.binding import check_rule
from lpzero.principles.language.fault import fault_of
from lpzero.principles.language.feature import declared, digest_of_space
from lpzero.settings import first_repeated, one_line, parse_json, read_bounded, reason_of, shorten
from lpzero.spaces.space import SearchSpace
from lpzero.spaces.toml.document import parse_toml

LARGEST_FILE = 1 << 20
DEEPEST = 40
"""Levels of lists and tables inside each other."""
MOST_PARTS = 20_000
"""Lists, tables and values of a file together."""


def read_principles(path: Path) -> Principles:
    """Read a file of principles, TOML by its ending, else JSON. No rule is checked against a space.

    Raises:
        InputError: There is no such file, it is larger than 1 MiB, nested deeper than 40 levels, or it says anything
            that no such file does: the file, the principle and the path inside it are named.
    """
    document = _parsed(path)
    _check_extent(document, path)
    listed = document.get("principles")
    if not isinstance(listed, list):
        raise InputError(f"{path}: principles: expected a list of principles, found {shorten(listed, 60)}")
    if len(listed) > MOST_PRINCIPLES:
        raise InputError(f"{path}: principles: expected at most {MOST_PRINCIPLES}, found {len(listed)}")
    principles = [_principle(entry, place, path) for place, entry in enumerate(listed)]
    names = [one.id for one in principles]
    if len(set(names)) < len(names):
        raise InputError(f"{path}: principle {first_repeated(names)[1:-1]}: expected each id once, found it twice")
    try:
        return Principles.model_validate({**document, "principles": principles})
    except ValidationError as err:
        raise InputError(f"{path}: {fault_of(err)}") from None


def write_principles(path: Path, principles: Principles) -> None:
    """Write a file of principles as JSON, whole or not at all; raises OSError where it cannot be written."""
    write_json(path, principles.model_dump(mode="json", by_alias=True, exclude_defaults=False, exclude_none=True))


def check_against(principles: Principles, space: SearchSpace, place: Path | str) -> None:
    """Check a file of principles against the space that it is used in.

    Raises:
        InputError: It is about another space, or about other choices of it, or a rule names a feature or a value that
            the space does not have.
    """
    found = principles.space
    if found.name != space.name:
        raise InputError(f"{place}: space.name: expected {space.name}, found {shorten(found.name, 80)}")
    expected = digest_of_space(space)
    if found.digest not in (None, expected):
        protocol = "" if found.protocol is None else f", protocol {found.protocol}"
        raise InputError(
            f"{place}: space.digest: expected {expected[:16]}..., the choices of {space.name}, protocol "
            f"{space.protocol}, found {str(found.digest)[:16]}...{protocol}: mine them again, or judge them there "
            "with `lpzero principles transfer`"
        )
    features = declared(space)
    for principle in principles.principles:
        if principle.rule is not None:
            check_rule(principle.rule, features, f"{place}: principle {principle.id}")


def _parsed(path: Path) -> dict[str, Any]:
    try:
        text = read_bounded(path, LARGEST_FILE)
        document = parse_toml(path, text) if path.suffix == ".toml" else parse_json(text)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError) as err:
        raise InputError(f"{path}: expected a file of principles, found {reason_of(err)}") from None
    if not isinstance(document, dict):
        raise InputError(f"{path}: expected a JSON object, found {type(document).__name__}")
    return document


def _check_extent(document: Any, path: Path) -> None:
    """Raise InputError where a document is nested too deeply or has too many parts, before anything recurses."""
    level, depth, parts = [document], 0, 0
    while level:
        depth, parts = depth + 1, parts + len(level)
        if depth > DEEPEST:
            raise InputError(f"{path}: expected at most {DEEPEST} levels inside each other, found more")
        if parts > MOST_PARTS:
            raise InputError(f"{path}: expected at most {MOST_PARTS} parts, found more")
        inner = [part for part in level if isinstance(part, (dict, list))]
        level = [value for part in inner for value in (part.values() if isinstance(part, dict) else part)]


def _principle(entry: Any, place: int, path: Path) -> Principle:
    identity = entry.get("id") if isinstance(entry, dict) else None
    named = identity if isinstance(identity, str) and identity else f"number {place + 1}"
    where = f"{path}: principle {one_line(named, 60)}"
    if not isinstance(entry, dict):
        raise InputError(f"{where}: expected a table with id, statement and rule, found {shorten(entry, 60)}")
    try:
        return Principle.model_validate(entry)
    except ValidationError as err:
        raise InputError(f"{where}: {fault_of(err)}") from None
