"""Weighted sums: formulas that are terms with constants before them, taken apart and put together."""

from __future__ import annotations

from collections.abc import Sequence

from lpzero.formula.formula import Formula, apply, constant

DIGITS = 6
"""Significant digits that a fitted coefficient is written with."""


def weighted_terms(formula: Formula) -> list[tuple[float, Formula]]:
    """The terms of a sum of scalars with the factors before them, left to right; a formula that is no sum is one term.

    >>> from lpzero.formula.parse import parse
    >>> [(factor, str(term)) for factor, term in weighted_terms(parse("2 * depth - 0.5 * log(width) + heads"))]
    [(2.0, 'depth'), (-0.5, 'log(width)'), (1.0, 'heads')]
    """
    if formula.type.level == "scalar" and formula.name in ("add", "sub"):
        left, right = formula.arguments
        sign = 1.0 if formula.name == "add" else -1.0
        return [*weighted_terms(left), *((sign * factor, term) for factor, term in weighted_terms(right))]
    if formula.type.level == "scalar" and formula.name == "neg":
        return [(-factor, term) for factor, term in weighted_terms(formula.arguments[0])]
    if formula.type.level == "scalar" and formula.name == "mul":
        left, right = formula.arguments
        for factor, term in ((left, right), (right, left)):
            if factor.value is not None and term.value is None and term.name not in ("add", "sub", "neg", "mul"):
                return [(factor.value, term)]
    return [(1.0, formula)]


def weighted_sum(factors: Sequence[float], terms: Sequence[Formula]) -> Formula:
    """The weighted sum of terms, factors rounded to six significant digits; one that is 0 then leaves its term out.

    Args:
        factors: One a term, finite.
        terms: Scalars, at least one with a factor other than 0.

    >>> from lpzero.formula.parse import parse
    >>> str(weighted_sum([0.73, -1.2], [parse("log(depth)"), parse("log(width)")]))
    '0.73 * log(depth) - 1.2 * log(width)'
    """
    found: Formula | None = None
    for factor, term in zip(factors, terms, strict=True):
        written = float(f"{factor:.{DIGITS}g}")
        if written == 0:
            continue
        if found is None:
            found = apply("mul", constant(written), term)
        else:
            found = apply("add" if written > 0 else "sub", found, apply("mul", constant(abs(written)), term))
    assert found is not None
    return found


def normal_sum(formula: Formula) -> Formula | None:
    """A weighted sum with its terms in order and the scale of the whole divided out; None for what is none.

    The largest factor becomes 1 or -1, so that the direction stays; sums that differ in scale and order alone become
    one formula, whose value is another one with the same ranks up to rounding.

    >>> from lpzero.formula.parse import parse
    >>> str(normal_sum(parse("3 * log(width) + 1.5 * log(depth)")))
    '0.5 * log(depth) + 1.0 * log(width)'
    """
    # a constant among the terms moves all models alike
    terms = [(factor, term) for factor, term in weighted_terms(formula) if term.varies]
    largest = max((abs(factor) for factor, _ in terms), default=0.0)
    if largest == 0 or all(abs(factor) == 1 for factor, _ in terms):
        return None
    ordered = sorted(terms, key=lambda pair: pair[1].text)
    return weighted_sum([factor / largest for factor, _ in ordered], [term for _, term in ordered])
