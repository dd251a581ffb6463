"""Plug-ins: what installed packages bring through entry points, found by name and loaded when somebody asks.

A group of entry points is one kind of thing: ``lpzero.metrics``, ``lpzero.primitives``, and so on. Which packages bring
what is read off the metadata that installers leave; no code of a package runs before one of its names is asked for.
What cannot be used has a fault, in one line. It is said once, and whatever else was asked for goes on.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any, Generic, TypeVar

from lpzero.errors import InputError, LpzeroError, MissingError
from lpzero.settings import one_line, reason_of, shorten

GROUPS: dict[str, str] = {
    "spaces": "space",
    "operands": "operand",
    "primitives": "primitive",
    "metrics": "metric",
    "engines": "engine",
    "predictors": "predictor",
    "trackers": "tracker",
}
"""What can be brought: the group of the entry points, behind ``lpzero.``, and the word for one of it."""

PREFIX = "lpzero."
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(-[A-Za-z0-9_]+)*")
_LONGEST = 80
_FIELDS = ("group", "name", "package", "version")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plugin:
    """One thing that an installed package brings.

    Attributes:
        group: One of ``GROUPS``.
        name: What it is asked for by.
        package: Name of the package.
        version: Version of the package.
        value: Where it lies: ``"module:attribute"``.
    """

    group: str
    name: str
    package: str
    version: str
    value: str

    def __str__(self) -> str:
        return f"{GROUPS[self.group]} {one_line(self.name, _LONGEST)!r}, {one_line(self.value, 200)} of {self.package}"

    @property
    def identity(self) -> dict[str, str]:
        """What a document says of a plug-in that it depends on: ``group``, ``name``, ``package`` and ``version``."""
        return {"group": self.group, "name": self.name, "package": self.package, "version": self.version}


Row = TypeVar("Row")


@dataclass(frozen=True, eq=False)
class Kind(Generic[Row]):
    """One kind of plug-in, as the room says it that takes it.

    Attributes:
        group: One of ``GROUPS``.
        taken: Names that the package has itself: they stay what they are.
        checked: Makes of a name, and of what lies under it, what the room works with; raises InputError for what it
            cannot work with, saying what was expected and what was found.
    """

    group: str
    taken: Container[str]
    checked: Callable[[str, object], Row]


@dataclass(frozen=True)
class Loaded(Generic[Row]):
    """A plug-in and what came of loading it.

    Attributes:
        plugin: The plug-in.
        row: What the room works with; None where it has a fault.
        fault: Why it cannot be used, one line; empty where it can.
    """

    plugin: Plugin
    row: Row | None
    fault: str = ""


def installed(group: str) -> tuple[Plugin, ...]:
    """What is installed of a group, sorted by name; nothing of it is loaded.

    Args:
        group: One of ``GROUPS``.

    >>> [plugin.name for plugin in installed("metrics") if plugin.package == "no-such-package"]
    []
    """
    return tuple(plugin for plugin in _installed(tuple(sys.path)) if plugin.group == group)


@cache
def _installed(_path: tuple[str, ...]) -> tuple[Plugin, ...]:
    """All plug-ins on a path of modules, that of this process."""
    found: dict[tuple[str, str, str], Plugin] = {}
    for distribution in metadata.distributions():
        try:
            # most packages bring nothing, and their names and entry points take time to read
            if f"[{PREFIX}" not in (distribution.read_text("entry_points.txt") or ""):
                continue
            package, version = (one_line(str(one), _LONGEST) for one in (distribution.name, distribution.version))
            entries = list(distribution.entry_points)
        except Exception as err:  # whatever a damaged installation makes of it
            _warn(f"the entry points of an installed package cannot be read: {reason_of(err)}")
            continue
        for entry in entries:
            group = entry.group.removeprefix(PREFIX)
            if entry.group.startswith(PREFIX) and group in GROUPS:
                plugin = Plugin(group, entry.name, package, version, entry.value)
                # the same package further down the path is hidden by the first one
                found.setdefault((group, entry.name, package), plugin)
    return tuple(sorted(found.values(), key=lambda plugin: (plugin.name, plugin.package)))


def find(kind: Kind[Row], name: str) -> Row | None:
    """What a plug-in brings under a name; None where none does, or the package has it itself.

    Raises:
        InputError: One brings it, but it cannot be used.
    """
    loaded = _found(kind, name)
    if loaded is None or name in kind.taken:
        return None
    if loaded.row is None:
        raise InputError(f"{loaded.plugin}: {loaded.fault}")
    return loaded.row


def names(kind: Kind[Any]) -> tuple[str, ...]:
    """The names that plug-ins of a kind have and the package has not; nothing is loaded."""
    every = dict.fromkeys(plugin.name for plugin in installed(kind.group))
    return tuple(name for name in every if name not in kind.taken and _NAME.fullmatch(name))


def usable(kind: Kind[Row]) -> dict[str, Row]:
    """All plug-ins of a kind that can be used, by name; of each other one the log says once why not."""
    rows = {}
    for loaded in states(kind):
        if loaded.row is None:
            _warn(f"{loaded.plugin}: {loaded.fault}: it is left out")
        else:
            rows[loaded.plugin.name] = loaded.row
    return rows


def states(kind: Kind[Row]) -> tuple[Loaded[Row], ...]:
    """All plug-ins of a kind, each with what came of loading it."""
    path = tuple(sys.path)
    return tuple(_loaded(kind, plugin, path) for plugin in installed(kind.group))


def identities(document: object, groups: Iterable[str] = tuple(GROUPS)) -> list[dict[str, str]]:
    """What of the installed plug-ins some settings name, as a document says it; none of them is loaded.

    Args:
        document: Plain JSON. A plug-in is named where its name is a word of some text in it, such as a formula.
        groups: The groups that are looked for.
    """
    every = [plugin.identity for group in groups for plugin in installed(group)]
    return named_in(document, every)


def named_in(document: object, every: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Those of some identities that a document names."""
    words = {word.group() for text in _texts(document) for word in _NAME.finditer(text)}
    return [one for one in every if one["name"] in words]


def identity_of(kind: Kind[Any], name: str) -> dict[str, str] | None:
    """What a document says of one plug-in, by its name; None where none brings it, or the package has it itself."""
    loaded = None if name in kind.taken else _only(kind.group, name)
    return None if loaded is None else loaded.identity


def checked_identities(said: object, place: object) -> list[dict[str, str]]:
    """What a document says of plug-ins, checked; raises InputError where it is no list of identities."""
    found: list[Any] = said if isinstance(said, list) else [said]
    for one in found:
        if not isinstance(one, dict) or not all(isinstance(one.get(field), str) for field in _FIELDS):
            raise InputError(f"{place}: plugins: expected {', '.join(_FIELDS)} of each, found {shorten(one)}")
    return found


def require(needed: object, place: object, *, exactly: bool = False) -> None:
    """Check that the plug-ins are here that a document depends on.

    Args:
        needed: What it says of them, a list of what :attr:`Plugin.identity` gives.
        place: The document, for the message.
        exactly: Whether another version of a package is refused; else the log says it.

    Raises:
        MissingError: A plug-in is not installed; the message names it and its package.
        InputError: The document says something else, or another version is here than must be.
    """
    for one in checked_identities(needed, place):
        group, name, package, version = (one_line(one[field], _LONGEST) for field in _FIELDS)
        needs = f"{place}: needs the plug-in {GROUPS.get(group, group)} {name} of the package {package} {version}"
        here = [plugin for plugin in _installed(tuple(sys.path)) if (plugin.group, plugin.name) == (group, name)]
        same = [plugin for plugin in here if plugin.package == package]
        if not same:
            raise MissingError(f"{needs}, which is not installed: install it")
        if same[0].version != version and exactly:
            raise InputError(f"{needs}, found version {same[0].version}: install that one, or begin a new run")
        if same[0].version != version:
            _warn(f"{needs}, found version {same[0].version}: its numbers may differ")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    for one in inner:
        yield from _texts(one)


def _only(group: str, name: str) -> Plugin | None:
    return next((plugin for plugin in installed(group) if plugin.name == name), None)


def _found(kind: Kind[Row], name: str) -> Loaded[Row] | None:
    plugin = _only(kind.group, name)
    return None if plugin is None else _loaded(kind, plugin, tuple(sys.path))


@cache
def _loaded(kind: Kind[Row], plugin: Plugin, _path: tuple[str, ...]) -> Loaded[Row]:
    """Load one, once: what it is, or why it cannot be used."""
    try:
        _check_name(kind, plugin)
        entry = metadata.EntryPoint(plugin.name, plugin.value, f"{PREFIX}{plugin.group}")
        try:
            value = entry.load()
        except (Exception, SystemExit) as err:  # whatever the code of another package raises
            raise InputError(f"it cannot be loaded: {type(err).__name__}: {reason_of(err)}") from err
        return Loaded(plugin, kind.checked(plugin.name, value))
    except LpzeroError as err:
        return Loaded(plugin, None, one_line(" ".join(str(err).split())))


def _check_name(kind: Kind[Any], plugin: Plugin) -> None:
    if not _NAME.fullmatch(plugin.name) or len(plugin.name) > _LONGEST:
        raise InputError(f"expected a name of at most {_LONGEST} letters, digits, _ and -, which begins with a letter")
    if plugin.name in kind.taken:
        raise InputError("expected another name: the package has one of that name itself, which stays")
    bringing = [one for one in installed(plugin.group) if one.name == plugin.name]
    if len(bringing) > 1:
        owners = ", ".join(f"{one_line(one.value, 200)} of {one.package}" for one in bringing)
        raise InputError(f"expected one package that brings it, found {owners}")


@cache
def _warn(message: str) -> None:
    """Say it in the log, once a process."""
    _LOG.warning("%s", message)
