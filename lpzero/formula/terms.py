"""The grammar ``weighted``: sums of different terms, each a typed scalar, whose weights are fitted to qualities.

What is drawn and varied is the sum without its weights, its terms in the order of their texts: one form for one set of
terms. Enumerated are the branches of the grammar ``layered`` with one unary primitive, counts of the shape, and
logarithms of either, with which a sum is a product of powers; four of five terms that are drawn are among these, whose
values are soon all known. Any other is a scalar of the grammar ``typed``, beside a count or not. The limits on depth
and size are those of a term.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from lpzero.formula.branches import branches
from lpzero.formula.formula import Formula, Type, apply, operand
from lpzero.formula.grammar import OVER_LAYERS, Grammar, draw_part, draws
from lpzero.formula.keys import canonical
from lpzero.formula.rules import pruned_by, sign
from lpzero.operands.operand import WHOLE_OPERANDS
from lpzero.operands.shape import COUNTS

JOINED = ("add", "sub", "neg")
"""What no term begins with: a sum of terms says it as well."""
ENUMERATED, COUNTED = 0.8, 0.2
"""Shares of the terms that are drawn: of all enumerated ones, and of those of the shape."""


def plain_sum(terms: Iterable[Formula]) -> Formula:
    """The sum of different terms, each in its canonical form, in the order of their texts.

    >>> from lpzero.formula.parse import parse
    >>> str(plain_sum([parse("log(width)"), parse("log(depth)"), parse("log(width)")]))
    'log(depth) + log(width)'
    """
    first, *others = sorted({form.text: form for form in map(canonical, terms)}.values(), key=lambda form: form.text)
    for other in others:
        first = apply("add", first, other)
    return first


def terms_of(formula: Formula) -> list[Formula]:
    """The terms of a sum without weights, in their order."""
    if formula.type.level == "scalar" and formula.name == "add":
        return [term for argument in formula.arguments for term in terms_of(argument)]
    return [formula]


def refused_term(term: Formula) -> str | None:
    """The rule that refuses a term, or None: those of the outermost primitive do not hold below a sum."""
    return pruned_by(term, root=False)


def accepts_term(grammar: Grammar, term: Formula) -> bool:
    """Whether a formula can be a term of a grammar."""
    if term.type.level != "scalar" or term.name in JOINED or not term.varies:
        return False
    return (
        term.depth <= grammar.max_depth
        and term.size <= grammar.max_size
        and term.operands <= set(grammar.operands)
        and not term.unit_operands
        and all(node.value is None and draws(grammar, node) for node in term.walk())
    )


def accepts_sum(grammar: Grammar, formula: Formula) -> bool:
    """Whether a formula is a sum without weights of a grammar: different terms, no more than it has."""
    terms = terms_of(formula)
    return len(set(terms)) == len(terms) <= grammar.terms and all(accepts_term(grammar, term) for term in terms)


def draw_sum(grammar: Grammar, rng: np.random.Generator) -> Formula:
    """Draw a sum of one to ``grammar.terms`` terms."""
    return plain_sum(draw_term(grammar, rng) for _ in range(int(rng.integers(1, grammar.terms + 1))))


def draw_term(grammar: Grammar, rng: np.random.Generator) -> Formula:
    """Draw a term: an enumerated one four times of five, one of the shape among them once."""
    kind = rng.random()
    if kind < ENUMERATED:
        counted, branched = _pools(grammar)
        pool = counted if kind < COUNTED else branched
        return pool[int(rng.integers(len(pool)))]
    while True:
        term = canonical(_draw_typed(grammar, rng))
        if accepts_term(grammar, term) and refused_term(term) is None:
            return term


def _draw_typed(grammar: Grammar, rng: np.random.Generator) -> Formula:
    """A typed scalar, a quarter of the time beside a count, half of the time with a logarithm before it."""
    typed = draw_part(grammar, Type("scalar"), int(rng.integers(3, max(4, grammar.max_depth - 1))), rng)
    if rng.random() < 0.25:
        count = operand(COUNTS[int(rng.integers(len(COUNTS)))])
        typed = apply(str(rng.choice(["mul", "div"])), typed, count)
    return typed if rng.random() < 0.5 else logarithm_of(typed)


@lru_cache(maxsize=8)
def _pools(grammar: Grammar) -> tuple[tuple[Formula, ...], tuple[Formula, ...]]:
    """The enumerated terms of a grammar: those of the shape, and the others."""
    every = enumerated_terms(grammar)
    counted = tuple(term for term in every if term.shape_operands)
    return counted, tuple(term for term in every if not term.shape_operands)


def logarithm_of(term: Formula) -> Formula:
    """The logarithm of the size of a term."""
    return apply("log" if sign(term) == "nonnegative" else "abslog", term)


def enumerated_terms(grammar: Grammar) -> list[Formula]:
    """The enumerated terms that a grammar accepts, no two of them equal by algebra."""
    found = branches([name for name in WHOLE_OPERANDS if name in grammar.operands], OVER_LAYERS["layered"], 1)
    every = [canonical(term) for branch in found for term in (branch, logarithm_of(branch))]
    terms = dict.fromkeys([*counted_terms(), *every])
    return [term for term in terms if accepts_term(grammar, term) and refused_term(term) is None]


def counted_terms() -> tuple[Formula, ...]:
    """What is enumerated of the shape: counts, their logarithms, and products of two of the latter."""
    counts = [operand(name) for name in COUNTS]
    logarithms = [apply("log", count) for count in counts]
    products = [apply("mul", one, other) for i, one in enumerate(logarithms) for other in logarithms[i:]]
    return tuple(dict.fromkeys(canonical(term) for term in (*counts, *logarithms, *products)))
