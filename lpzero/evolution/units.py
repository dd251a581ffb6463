"""Variation of formulas about units: crossover and mutation that keep types, limits and the grammar.

Beside what other formulas are varied by, neighbouring reductions change places: in which order axes are reduced is what
such formulas differ in.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from lpzero.evolution.variation import Place, first_valid, places, replaced
from lpzero.formula.formula import Formula, apply, operand
from lpzero.formula.grammar import BINARY, ELEMENTWISE, Grammar
from lpzero.formula.unit_grammar import OVER, accepts_units, draw_units_part
from lpzero.operands.units import UNIT_OPERANDS


def cross_units(first: Formula, second: Formula, grammar: Grammar, rng: np.random.Generator) -> Formula:
    """Put a part of the second parent in the place of a part of the first that has its type.

    Args:
        first: The parent that gives the root.
        second: The parent that gives the part.
        grammar: The grammar that the child must belong to.
        rng: Source of randomness.
    """

    def attempt() -> Formula | None:
        path, old = _any(first, rng)
        donors = [node for node in second.walk() if node.type == old.type]
        return replaced(first, path, donors[int(rng.integers(len(donors)))]) if donors else None

    return first_valid(first, partial(accepts_units, grammar), attempt)


def mutate_units(parent: Formula, grammar: Grammar, rng: np.random.Generator) -> Formula:
    """One of the mutations, all equally often."""
    mutation = MUTATIONS[int(rng.integers(len(MUTATIONS)))]
    return first_valid(parent, partial(accepts_units, grammar), lambda: mutation(parent, rng))


def _any(parent: Formula, rng: np.random.Generator) -> tuple[Place, Formula]:
    every = places(parent)
    return every[int(rng.integers(len(every)))]


def _subtree(parent: Formula, rng: np.random.Generator) -> Formula | None:
    path, old = _any(parent, rng)
    return replaced(parent, path, draw_units_part(old.type, rng))


def _point(parent: Formula, rng: np.random.Generator) -> Formula | None:
    """Another operand with the same axes, another primitive over the same axis, or another element-wise one."""
    path, old = _any(parent, rng)
    if old.primitive is None:
        names = [name for name, row in UNIT_OPERANDS.items() if row.axes == UNIT_OPERANDS[old.name].axes]
        return replaced(parent, path, operand(names[int(rng.integers(len(names)))]))
    if old.primitive.axis is not None:
        others: tuple[str, ...] = OVER[old.primitive.axis]
    else:
        others = ELEMENTWISE if old.primitive.arity == 1 else BINARY
    return replaced(parent, path, apply(others[int(rng.integers(len(others)))], *old.arguments))


def _swap(parent: Formula, rng: np.random.Generator) -> Formula | None:
    """Let a primitive of one argument and the one behind it change places."""
    path, old = _any(parent, rng)
    if len(old.arguments) != 1 or len(old.arguments[0].arguments) != 1:
        return None
    below = old.arguments[0]
    return replaced(parent, path, apply(below.name, apply(old.name, below.arguments[0])))


def _insert(parent: Formula, rng: np.random.Generator) -> Formula | None:
    path, old = _any(parent, rng)
    return replaced(parent, path, apply(str(rng.choice(ELEMENTWISE)), old))


def _join(parent: Formula, rng: np.random.Generator) -> Formula | None:
    """Combine a part with a new one of its type."""
    path, old = _any(parent, rng)
    sides = [old, draw_units_part(old.type, rng)]
    return replaced(parent, path, apply(str(rng.choice(BINARY)), *sides))


def _hoist(parent: Formula, rng: np.random.Generator) -> Formula | None:
    """Put a part in the place of a larger part of its type that holds it: the child is smaller."""
    path, old = _any(parent, rng)
    inside = [node for node in old.walk() if node is not old and node.type == old.type]
    return replaced(parent, path, inside[int(rng.integers(len(inside)))]) if inside else None


MUTATIONS = (_subtree, _point, _swap, _insert, _join, _hoist)
