"""Variation of formulas: crossover and mutation that keep types, limits and the grammar.

Every operator takes formulas and a random generator and returns a new formula; parents are never changed. Where no
valid child comes out of a few tries, the first parent is returned: the evolution knows it and evaluates nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from lpzero.errors import InputError
from lpzero.formula.brought import rows_named
from lpzero.formula.formula import Formula, Type, apply, operand
from lpzero.formula.grammar import Grammar, accepts, draw_part
from lpzero.formula.primitives import PRIMITIVES

TRIES = 8
Place = tuple[int, ...]


def paths(formula: Formula) -> list[Place]:
    """The way to every node, as argument indices from the root; the root first, left to right."""
    return [path for path, _ in places(formula)]


def places(formula: Formula) -> list[tuple[Place, Formula]]:
    """Every node with the way to it, as argument indices from the root; the root first, left to right."""
    found: list[tuple[Place, Formula]] = []

    def visit(path: Place, node: Formula) -> None:
        found.append((path, node))
        for place, argument in enumerate(node.arguments):
            visit((*path, place), argument)

    visit((), formula)
    return found


def part_at(formula: Formula, path: Place) -> Formula:
    """The part at the end of a path."""
    for place in path:
        formula = formula.arguments[place]
    return formula


def replaced(formula: Formula, path: Place, part: Formula) -> Formula:
    """The formula with the part at a path replaced; raises InputError where the types forbid it."""
    if not path:
        return part
    arguments = list(formula.arguments)
    arguments[path[0]] = replaced(arguments[path[0]], path[1:], part)
    return apply(formula.name, *arguments)


def _pick(every: list[tuple[Place, Formula]], rng: np.random.Generator) -> tuple[Place, Formula]:
    """A node: a primitive nine times out of ten, any one otherwise (Koza 1992)."""
    inner = every if rng.random() < 0.1 else [(path, node) for path, node in every if node.arguments]
    return inner[int(rng.integers(len(inner)))]


def first_valid(parent: Formula, accepted: Callable[[Formula], bool], attempt: Callable[[], Formula | None]) -> Formula:
    """The first child that is one: another formula than its parent, and accepted; the parent where none of a few is.

    Args:
        parent: The parent.
        accepted: Whether the grammar accepts a formula.
        attempt: Makes a child at random, None where there is none; InputError where the types forbid it.
    """
    for _ in range(TRIES):
        try:
            child = attempt()
        except InputError:
            continue
        if child is not None and child != parent and accepted(child):
            return child
    return parent


def crossover(first: Formula, second: Formula, grammar: Grammar, rng: np.random.Generator) -> Formula:
    """Put a part of the second parent in the place of a part of the first that has its level.

    Args:
        first: The parent that gives the root.
        second: The parent that gives the part.
        grammar: The grammar that the child must belong to.
        rng: Source of randomness.
    """
    every, others = places(first), list(second.walk())

    def attempt() -> Formula | None:
        path, old = _pick(every, rng)
        donors = [node for node in others if node.type.level == old.type.level]
        return replaced(first, path, donors[int(rng.integers(len(donors)))]) if donors else None

    return first_valid(first, partial(accepts, grammar), attempt)


def mutate_subtree(parent: Formula, grammar: Grammar, rng: np.random.Generator) -> Formula:
    """Replace a random part by a new random one of the same type; under a reduction, at any sites."""
    every = places(parent)

    def attempt() -> Formula | None:
        path, old = _pick(every, rng)
        above = part_at(parent, path[:-1]) if path else None
        free = above is not None and above.primitive is not None and above.primitive.kind == "reduction"
        wanted = Type("tensor") if free else old.type
        depth = int(rng.integers(1, max(2, grammar.max_depth - len(path) + 1)))
        return replaced(parent, path, draw_part(grammar, wanted, depth, rng))

    return first_valid(parent, partial(accepts, grammar), attempt)


def mutate_point(parent: Formula, grammar: Grammar, rng: np.random.Generator) -> Formula:
    """Replace one primitive by another of its arity, or one operand by another, where the types allow it."""
    every = places(parent)

    def attempt() -> Formula | None:
        path, old = every[int(rng.integers(len(every)))]
        if old.primitive is None:
            return replaced(parent, path, operand(grammar.operands[int(rng.integers(len(grammar.operands)))]))
        rows = [*PRIMITIVES, *(row for name in grammar.primitives for row in rows_named(name))]
        names = [p.name for p in rows if p.arity == old.primitive.arity and p.search]
        return replaced(parent, path, apply(names[int(rng.integers(len(names)))], *old.arguments))

    return first_valid(parent, partial(accepts, grammar), attempt)


def mutate_hoist(parent: Formula, grammar: Grammar, rng: np.random.Generator) -> Formula:
    """Put a part in the place of a larger part of its type that holds it: the child is smaller."""
    every = places(parent)

    def attempt() -> Formula | None:
        path, old = _pick(every, rng)
        inside = [node for node in old.walk() if node != old and node.type == old.type]
        return replaced(parent, path, inside[int(rng.integers(len(inside)))]) if inside else None

    return first_valid(parent, partial(accepts, grammar), attempt)


MUTATIONS = (mutate_subtree, mutate_point, mutate_hoist)
MUTATION_SHARES = (0.5, 0.35, 0.15)


def mutate(parent: Formula, grammar: Grammar, rng: np.random.Generator) -> Formula:
    """One of the mutations: subtree (50 %), point (35 %), hoist (15 %)."""
    chosen = int(rng.choice(len(MUTATIONS), p=MUTATION_SHARES))
    return MUTATIONS[chosen](parent, grammar, rng)
