"""The grammar ``weighted``: sums of different terms, each a typed scalar, whose weights are fitted to qualities.

What is drawn and varied is the sum without its weights, its terms in the order of their texts: one form for one set of
terms. A term is a scalar of the grammar ``typed``, a branch of the grammar ``layered``, a count of the shape, a product
of two counts, or a scalar beside a count; with a logarithm before it the sum is a product of powers. The limits on
depth and size are those of a term.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from lpzero.formula.formula import Formula, Type, apply, operand
from lpzero.formula.grammar import Grammar, draw, draw_part, get_grammar
from lpzero.formula.keys import canonical
from lpzero.formula.rules import pruned_by, sign
from lpzero.operands.shape import COUNTS

JOINED = ("add", "sub", "neg")
"""What no term begins with: a sum of terms says it as well."""


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
        and all(node.value is None and (node.primitive is None or node.primitive.search) for node in term.walk())
    )


def accepts_sum(grammar: Grammar, formula: Formula) -> bool:
    """Whether a formula is a sum without weights of a grammar: different terms, no more than it has."""
    terms = terms_of(formula)
    return len(set(terms)) == len(terms) <= grammar.terms and all(accepts_term(grammar, term) for term in terms)


def draw_sum(grammar: Grammar, rng: np.random.Generator) -> Formula:
    """Draw a sum of one to ``grammar.terms`` terms."""
    return plain_sum(draw_term(grammar, rng) for _ in range(int(rng.integers(1, grammar.terms + 1))))


def draw_term(grammar: Grammar, rng: np.random.Generator) -> Formula:
    """Draw a term."""
    while True:
        term = canonical(_drawn(grammar, rng))
        if accepts_term(grammar, term) and refused_term(term) is None:
            return term


def _drawn(grammar: Grammar, rng: np.random.Generator) -> Formula:
    kind = rng.random()
    if kind < 0.25:
        return _draw_counted(rng)
    if kind < 0.6:
        # of two branches the left one
        return with_logarithm(draw(_BRANCHES, rng).arguments[0], rng)
    typed = draw_part(grammar, Type("scalar"), int(rng.integers(3, max(4, grammar.max_depth - 1))), rng)
    if kind < 0.7:
        typed = apply(str(rng.choice(["mul", "div"])), typed, _draw_count(rng))
    return with_logarithm(typed, rng)


_BRANCHES = get_grammar("layered")


def _draw_count(rng: np.random.Generator) -> Formula:
    return operand(COUNTS[int(rng.integers(len(COUNTS)))])


def _draw_counted(rng: np.random.Generator) -> Formula:
    """A count, its logarithm, or the product of two logarithms."""
    kind, count = rng.random(), _draw_count(rng)
    if kind < 0.25:
        return count
    logarithm = apply("log", count)
    return logarithm if kind < 0.7 else apply("mul", logarithm, apply("log", _draw_count(rng)))


def with_logarithm(term: Formula, rng: np.random.Generator) -> Formula:
    """A term, or as often its logarithm."""
    return term if rng.random() < 0.5 else logarithm_of(term)


def logarithm_of(term: Formula) -> Formula:
    """The logarithm of the size of a term."""
    return apply("log" if sign(term) == "nonnegative" else "abslog", term)


def counted_terms() -> tuple[Formula, ...]:
    """What is enumerated of the shape: counts, their logarithms, and products of two of the latter."""
    counts = [operand(name) for name in COUNTS]
    logarithms = [apply("log", count) for count in counts]
    products = [apply("mul", one, other) for i, one in enumerate(logarithms) for other in logarithms[i:]]
    return tuple(dict.fromkeys(canonical(term) for term in (*counts, *logarithms, *products)))
