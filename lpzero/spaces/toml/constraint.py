"""Constraints: what the values of a space must keep together, as a small tree that is evaluated here and calls nothing.

:func:`lpzero.spaces.toml.constraint_text.parse_constraint` reads one from text.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lpzero.errors import InputError
from lpzero.settings import shorten
from lpzero.spaces.architecture import Value

LARGEST = 10**18
"""No number that a constraint meets may be larger, so that none can grow without end."""
LONGEST_SHOWN = 510

ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
}
AMONG = ("in", "not in")
COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda value, among: value in among,
    "not in": lambda value, among: value not in among,
}


class FaultError(Exception):
    """What is wrong with a constraint; whoever knows its text says which one it is."""


@dataclass(frozen=True)
class Name:
    """A field."""

    name: str


@dataclass(frozen=True)
class Constant:
    """A value as it stands."""

    value: Value


@dataclass(frozen=True)
class Listed:
    """What ``in`` looks in."""

    values: tuple[Value, ...]


@dataclass(frozen=True)
class Arithmetic:
    """Two numbers, and what is done with them: one of ``ARITHMETIC``."""

    symbol: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Relation:
    """A first value, and each further one behind its symbol, one of ``COMPARISONS``."""

    first: Node
    rest: tuple[tuple[str, Node | Listed], ...]


@dataclass(frozen=True)
class Logic:
    """Parts that are true or false, joined by ``and`` or ``or``, or a single one behind ``not``."""

    symbol: str
    parts: tuple[Node, ...]


Node = Name | Constant | Arithmetic | Relation | Logic


@dataclass(frozen=True)
class Constraint:
    """A condition on the values of an architecture.

    Attributes:
        text: As it was written.
        root: What it says.
    """

    text: str
    root: Node

    @cached_property
    def names(self) -> frozenset[str]:
        """The fields that it names."""
        return frozenset(_names(self.root))

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Whether the values keep it.

        Args:
            values: At least the fields that it names.

        Raises:
            InputError: A number is divided by zero or larger than 1e18, or a value is of a kind that its place does
                not take.
        """
        try:
            return _truth(self.root, values)
        except FaultError as err:
            raise InputError(f"constraints: {shorten(self.text, LONGEST_SHOWN)}: {err}") from None


def number(value: Value) -> float:
    """A value as a number; raises FaultError where it is none, or one that is too large."""
    if isinstance(value, (bool, str)):
        raise FaultError(f"expected a number, found {shorten(value)}")
    # this refuses infinity and NaN as well
    if not -LARGEST <= value <= LARGEST:
        raise FaultError(f"expected numbers up to {LARGEST:.0e}, found a larger one")
    return value


def _names(node: Node | Listed) -> set[str]:
    match node:
        case Name(name):
            return {name}
        case Arithmetic(_, left, right):
            return _names(left) | _names(right)
        case Relation(first, rest):
            return _names(first).union(*(_names(part) for _, part in rest))
        case Logic(_, parts):
            return set().union(*(_names(part) for part in parts))
    return set()


def _value(node: Node | Listed, values: Mapping[str, Value]) -> Any:
    match node:
        case Name(name):
            return values[name]
        case Constant(value):
            return value
        case Listed(among):
            return among
        case Arithmetic(symbol, left, right):
            first, second = number(_value(left, values)), number(_value(right, values))
            if symbol in ("//", "%") and second == 0:
                facts = ", ".join(f"{name} is {values[name]!r}" for name in sorted(_names(node)))
                raise FaultError(f"expected no division by zero, found one where {facts}")
            return number(ARITHMETIC[symbol](first, second))
    return _truth(node, values)


def _truth(node: Node, values: Mapping[str, Value]) -> bool:
    match node:
        case Relation(first, rest):
            return _compared(first, rest, values)
        case Logic("not", (part,)):
            return not _truth(part, values)
        case Logic("and", parts):
            return all(_truth(part, values) for part in parts)
        case Logic(_, parts):
            return any(_truth(part, values) for part in parts)
    found = _value(node, values)
    if not isinstance(found, bool):
        named = node.name if isinstance(node, Name) else "a value"
        raise FaultError(f"expected True or False, found {named}, which is {shorten(found)}")
    return found


def _compared(first: Node, rest: tuple[tuple[str, Node | Listed], ...], values: Mapping[str, Value]) -> bool:
    left = _value(first, values)
    for symbol, part in rest:
        right = _value(part, values)
        if symbol in ("<", "<=", ">", ">="):
            left, right = number(left), number(right)
        if not COMPARISONS[symbol](left, right):
            return False
        left = right
    return True
