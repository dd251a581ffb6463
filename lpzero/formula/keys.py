"""Canonical forms: formulas that are equal by algebra that really holds, bit for bit, share one key.

What holds in floating point and under protection: ``a + b = b + a``, ``a * b = b * a``, matrix products of a
tensor with itself aside; ``identity(x) = x``, ``neg(neg(x)) = x``, ``|-x| = ||x|| = |x|``, ``(-x)^2 = |x|^2 = x^2``,
``relu(relu(x)) = relu(x)``; norms, ``l1``, ``mean_abs``, ``frobenius`` and ``std`` do not see a sign, the first
three not an absolute value; ``mean`` is ``normalised_sum``. Nothing is regrouped: addition is not associative.
"""

from __future__ import annotations

from lpzero.formula.formula import Formula, apply

_EVEN = ("abs", "square", "abslog", "l1", "mean_abs", "frobenius")
_COMMUTES = ("add", "mul")


def canonical(formula: Formula) -> Formula:
    """The canonical form: same type, same value bit for bit, one form for all equal formulas.

    >>> from lpzero.formula.parse import parse
    >>> str(canonical(parse("sum(l1(abs(grad * weight)))")))
    'sum(l1(grad * weight))'
    >>> canonical(parse("sum(l1(weight * grad))")) == canonical(parse("sum(l1(neg(grad * weight)))"))
    True
    """
    if not formula.arguments:
        return formula
    arguments = tuple(canonical(argument) for argument in formula.arguments)
    name = "mean" if formula.name == "normalised_sum" else formula.name
    if name in _COMMUTES:
        arguments = tuple(sorted(arguments, key=str))
    inner = arguments[0]
    if name == "identity":
        return inner
    if name == "neg" and inner.name == "neg":
        return inner.arguments[0]
    if name in ("relu", "abs") and inner.name == name:
        return inner
    if name in _EVEN and inner.name in ("neg", "abs"):
        return canonical(apply(name, *inner.arguments))
    if name == "std" and inner.name == "neg":
        return canonical(apply(name, *inner.arguments))
    return apply(name, *arguments)


def canonical_key(formula: Formula) -> str:
    """The text of the canonical form."""
    return canonical(formula).text
