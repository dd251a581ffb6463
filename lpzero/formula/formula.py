"""A formula: an immutable tree of primitives over operands and constants, with a type, a size, a depth and one text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from lpzero.errors import InputError
from lpzero.formula.brought import primitive_names, rows_named
from lpzero.formula.primitive import Level, Primitive
from lpzero.operands.brought import known_operand
from lpzero.operands.shape import SHAPE_OPERANDS
from lpzero.operands.units import AXES, CHOICES, UNIT_OPERANDS, UNITS, Axis

MAX_DEPTH = 24
MAX_SIZE = 200


@dataclass(frozen=True)
class Type:
    """The type of a formula or of a part of it.

    Attributes:
        level: ``"tensor"``, ``"layers"`` (one value a layer), ``"scalar"`` (one value a model, or a replacement) or
            ``"units"`` (a tensor with named axes).
        sites: For a tensor, the set of sites that it lives at; a primitive that changes a tensor's shape
            appends its name. Of units, the names of the axes. Empty elsewhere.
    """

    level: Level
    sites: str = ""

    def __str__(self) -> str:
        return f"{self.level}[{self.sites}]" if self.sites else self.level

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes of units, in their order."""
        return tuple(axis for axis in AXES if axis in self.sites.split())


LAYERS = Type("layers")
SCALAR = Type("scalar")


def units_type(axes: Iterable[Axis]) -> Type:
    """The type of a tensor with some axes; a scalar where none is left but that of replacements.

    >>> str(units_type(["tokens", "windows"])), str(units_type(["choices"]))
    ('units[windows tokens]', 'scalar')
    """
    left = [axis for axis in AXES if axis in set(axes)]
    return SCALAR if left in ([], [CHOICES]) else Type("units", " ".join(left))


@dataclass(frozen=True, eq=False)
class Formula:
    """A node with what hangs under it: :func:`operand`, :func:`constant` and :func:`apply` build it, or parse text.

    Two formulas are equal where their texts are.

    Attributes:
        name: Name of the operand or primitive, or the digits of a constant.
        arguments: The parts that the primitive is applied to; empty for an operand and a constant.
        type: The type of the value.
        primitive: The row of the table; None for an operand and a constant.
        value: Of a constant; None elsewhere.
        size: Number of nodes.
        depth: Nodes on the longest way from the root to an operand.
        needs_axes: Whether it can be evaluated on exact operands only.
        canonical_form: What :func:`lpzero.formula.canonical` made of it; None where nobody has asked.

    >>> f = apply("sum", apply("l1", apply("mul", operand("weight"), operand("grad"))))
    >>> str(f), f.size, f.depth, str(f.type)
    ('sum(l1(weight * grad))', 5, 4, 'scalar')
    """

    name: str
    arguments: tuple[Formula, ...]
    type: Type
    primitive: Primitive | None = field(repr=False)
    value: float | None = field(default=None, repr=False)
    size: int = field(init=False, repr=False)
    depth: int = field(init=False, repr=False)
    needs_axes: bool = field(init=False, repr=False)
    canonical_form: Formula | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        # counted at once: a search asks for them all the time
        size, depth, axes = 1, 0, self.primitive is not None and self.primitive.kind == "axes"
        for argument in self.arguments:
            size += argument.size
            depth = max(depth, argument.depth)
            axes = axes or argument.needs_axes
        for name, value in (("size", size), ("depth", depth + 1), ("needs_axes", axes)):
            object.__setattr__(self, name, value)

    @cached_property
    def text(self) -> str:
        """The formula in the language that the parser reads."""
        if self.primitive is None or self.primitive.symbol is None:
            inner = ", ".join(a.text for a in self.arguments)
            return f"{self.name}({inner})" if self.arguments else self.name
        left, right = (_within(self.primitive, a, i) for i, a in enumerate(self.arguments))
        return f"{left} {self.primitive.symbol} {right}"

    @cached_property
    def operands(self) -> frozenset[str]:
        """Names of the operands in it that a pass shows."""
        if not self.arguments:
            read = self.value is None and self.name not in SHAPE_OPERANDS and self.name not in UNIT_OPERANDS
            return frozenset({self.name}) if read else frozenset()
        return frozenset().union(*(a.operands for a in self.arguments))

    @cached_property
    def shape_operands(self) -> frozenset[str]:
        """Names of the operands in it that say what the model is."""
        return frozenset(node.name for node in self.walk() if node.name in SHAPE_OPERANDS and not node.arguments)

    @cached_property
    def unit_operands(self) -> frozenset[str]:
        """Names of the operands in it that a checkpoint shows of its units."""
        return frozenset(node.name for node in self.walk() if node.name in UNIT_OPERANDS and not node.arguments)

    @cached_property
    def varies(self) -> bool:
        """Whether there is anything but constants in it."""
        return self.value is None and (not self.arguments or any(a.varies for a in self.arguments))

    @cached_property
    def cost(self) -> float:
        """Cost an element: that of its primitives, relative to an addition, and 1 where it needs a backward pass."""
        primitives = sum(node.primitive.cost for node in self.walk() if node.primitive is not None)
        backward = [known_operand(name).backward for name in self.operands]
        return primitives + any([*backward, *(UNIT_OPERANDS[name].labels for name in self.unit_operands)])

    def walk(self) -> Iterator[Formula]:
        """Every node, root first, left to right."""
        yield self
        for argument in self.arguments:
            yield from argument.walk()

    def __str__(self) -> str:
        return self.text

    def __deepcopy__(self, memo: dict[int, object]) -> Formula:
        """Itself: it is immutable."""
        return self

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        """Travel to other processes by names: a row of the table holds functions, which do not."""
        if self.value is not None:
            return constant, (self.value,)
        return (apply, (self.name, *self.arguments)) if self.arguments else (operand, (self.name,))

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Formula) and self.text == other.text


def _within(parent: Primitive, argument: Formula, place: int) -> str:
    """An argument's text beside an infix symbol, in parentheses where reading it back would regroup it."""
    if argument.primitive is None or argument.primitive.symbol is None:
        return argument.text
    binds_closer = argument.primitive.precedence > parent.precedence
    same_on_the_left = place == 0 and argument.primitive.precedence == parent.precedence
    return argument.text if binds_closer or same_on_the_left else f"({argument.text})"


def operand(name: str) -> Formula:
    """The formula that is one operand; raises InputError, listing the operands, where there is none."""
    if name in SHAPE_OPERANDS:
        return Formula(name, (), Type(SHAPE_OPERANDS[name].level), None)
    if name in UNIT_OPERANDS:
        return Formula(name, (), units_type(UNIT_OPERANDS[name].axes), None)
    return Formula(name, (), Type("tensor", known_operand(name).sites), None)


def constant(value: float) -> Formula:
    """The formula that is one number, a scalar; beside layers it stands for every layer.

    Raises:
        InputError: It is not finite.

    >>> str(apply("mul", constant(0.5), operand("depth")))
    '0.5 * depth'
    """
    if not math.isfinite(value):
        raise InputError(f"expected a finite constant, found {value}")
    return Formula(repr(float(value)), (), SCALAR, None, float(value))


def _beside(arguments: tuple[Formula, ...]) -> tuple[Formula, ...]:
    """Arguments of one type, where a constant stands beside layers."""
    if any(a.type == LAYERS for a in arguments):
        return tuple(a if a.value is None else replace(a, type=LAYERS) for a in arguments)
    return arguments


def apply(name: str, *arguments: Formula) -> Formula:
    """Apply a primitive.

    Raises:
        InputError: There is no such primitive, it takes another number of arguments, or not of these types.
    """
    rows = rows_named(name)
    if not rows:
        raise InputError(f"unknown primitive {name!r}: expected one of {', '.join(primitive_names())}")
    if rows[0].arity != len(arguments):
        raise InputError(f"{name} takes {rows[0].arity} argument(s), found {len(arguments)}")
    arguments = _beside(arguments)
    row = next((one for one in rows if arguments[0].type.level in one.levels), None)
    if row is None:
        levels = " or ".join(dict.fromkeys(level for one in rows for level in one.levels))
        raise InputError(f"{name} takes {levels}, found {arguments[0].type}")
    if row.axis is not None and row.axis not in arguments[0].type.axes:
        raise InputError(f"{name} takes units with the axis {row.axis}, found {arguments[0].type}")
    if row.arity == 2 and arguments[0].type.level == arguments[1].type.level == "units":
        return Formula(name, arguments, _joined(name, *(argument.type for argument in arguments)), row)
    if row.arity == 2 and arguments[0].type != arguments[1].type:
        raise InputError(
            f"{name} takes two values of one type, found {arguments[0].type} and {arguments[1].type}: "
            "reduce tensors of different sites first (l1, mean, ...), and aggregate layers to meet a scalar"
        )
    if row.families and arguments[0].type.sites.split("/")[0] not in row.families:
        raise InputError(f"{name} takes {' or '.join(row.families)}, found {arguments[0].type}")
    return Formula(name, arguments, _result_type(row, arguments[0].type), row)


def _result_type(row: Primitive, argument: Type) -> Type:
    if row.kind == "reduction":
        return LAYERS
    if row.kind == "aggregation":
        return SCALAR
    if row.axis is not None:
        left = [axis for axis in argument.axes if axis != row.axis]
        return units_type([CHOICES, *left] if row.axis == UNITS else left)
    if row.kind == "axes":
        return Type("tensor", f"{argument.sites}/{row.name}")
    return argument


def _joined(name: str, one: Type, other: Type) -> Type:
    """The type of two tensors together: the axes of one are among those of the other, along which it is repeated."""
    axes = {*one.axes, *other.axes}
    if axes not in (set(one.axes), set(other.axes)) or {CHOICES, UNITS} <= axes:
        raise InputError(
            f"{name} takes units of which one has all axes of the other, found {one} and {other}: reduce one further"
        )
    return units_type(axes)
