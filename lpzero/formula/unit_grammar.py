"""The grammar ``units``: formulas about the units of a checkpoint, and how a random one is drawn.

A chain begins with an operand or the product of two that have the same axes, and reduces its axes in an order that is
drawn, with element-wise primitives between; chains and numbers of a replacement combine as scalars. Constants are not
drawn.
"""

from __future__ import annotations

import numpy as np

from lpzero.errors import InputError
from lpzero.formula.formula import SCALAR, Formula, Type, apply, operand
from lpzero.formula.grammar import BINARY, ELEMENTWISE, UNITS_GRAMMAR, Grammar
from lpzero.formula.primitives import PRIMITIVES
from lpzero.operands.units import CHOICES, UNIT_OPERANDS, Axis

OVER: dict[Axis, tuple[str, ...]] = {
    axis: tuple(row.name for row in PRIMITIVES if row.axis == axis)
    for axis in dict.fromkeys(row.axis for row in PRIMITIVES if row.axis is not None)
}
"""The primitives over each axis, by the axis."""
DRAWS = 200
CHAINED, PAIRED, WORKED, FIRST = 0.6, 0.6, 0.3, 0.7
"""Shares: of scalars that are chains, of chains that begin with a product, of steps with an element-wise primitive
behind them, and of reductions by the first primitive over an axis, the sum."""


def units_grammar(max_depth: int, max_size: int) -> Grammar:
    """The grammar with all operands of units; raises InputError where a limit is out of its range."""
    return Grammar(UNITS_GRAMMAR, max_depth, max_size, tuple(UNIT_OPERANDS))


def accepts_units(grammar: Grammar, formula: Formula) -> bool:
    """Whether a formula belongs to the grammar: one about units, without constants, within the limits."""
    return (
        formula.type == SCALAR
        and formula.depth <= grammar.max_depth
        and formula.size <= grammar.max_size
        and not formula.operands
        and not formula.shape_operands
        and bool(formula.unit_operands)
        and all(node.value is None for node in formula.walk())
    )


def draw_units(grammar: Grammar, rng: np.random.Generator) -> Formula:
    """Draw a formula of the grammar."""
    while True:
        formula = _draw_scalar(rng)
        if accepts_units(grammar, formula):
            return formula


def draw_units_part(wanted: Type, rng: np.random.Generator) -> Formula:
    """Draw a part of a type.

    Raises:
        InputError: Nothing of this type was drawn in a few tries.
    """
    if wanted == SCALAR:
        return _draw_scalar(rng)
    for _ in range(DRAWS):
        chain = _draw_chain(rng, wanted)
        if chain is not None:
            return chain
    raise InputError(f"expected a type that chains of units go through, found {wanted}")


def _draw_scalar(rng: np.random.Generator) -> Formula:
    choice = rng.random()
    if choice < CHAINED:
        chain = _draw_chain(rng, SCALAR)
        assert chain is not None
        return chain
    if choice < CHAINED + 0.1:
        return apply(str(rng.choice(ELEMENTWISE)), _draw_scalar(rng))
    if choice < CHAINED + 0.15:
        return operand(str(rng.choice([name for name, row in UNIT_OPERANDS.items() if not row.axes])))
    return apply(str(rng.choice(BINARY)), _draw_scalar(rng), _draw_scalar(rng))


def _draw_chain(rng: np.random.Generator, wanted: Type) -> Formula | None:
    """Reduce an operand or a product until a type is reached; None where the way leads past it."""
    value = _draw_beginning(rng)
    while value.type != wanted:
        axes = [axis for axis in value.type.axes if axis != CHOICES]
        if not axes:
            return None
        axis = axes[int(rng.integers(len(axes)))]
        total, *others = OVER[axis]
        value = apply(total if rng.random() < FIRST else str(rng.choice(others)), value)
        if rng.random() < WORKED:
            value = apply(str(rng.choice(ELEMENTWISE)), value)
    return value


def _draw_beginning(rng: np.random.Generator) -> Formula:
    names = [name for name, row in UNIT_OPERANDS.items() if row.axes]
    first = operand(names[int(rng.integers(len(names)))])
    value = first
    if rng.random() < PAIRED:
        others = [operand(name) for name in names]
        fitting = [other for other in others if set(other.type.axes) <= set(first.type.axes)]
        value = apply("mul", first, fitting[int(rng.integers(len(fitting)))])
    return apply(str(rng.choice(ELEMENTWISE)), value) if rng.random() < WORKED else value
