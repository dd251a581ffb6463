"""Canonical forms: formulas that are equal by algebra that really holds, bit for bit, share one key.

What holds in floating point and under protection:

- ``a + b = b + a``, ``a * b = b * a``, ``x * x = square(x)``, ``x * reciprocal(y) = x / y``;
- ``identity(x) = x``, ``neg(neg(x)) = x``, ``neg(a - b) = b - a``, ``a - neg(b) = a + b``, ``a + neg(b) = a - b``;
- ``abs``, ``square``, ``abslog``, ``l1``, ``mean_abs``, ``frobenius`` see neither a sign nor an absolute value, ``std``
  no sign: they are equal of ``a - b`` and ``b - a``;
- ``log(abs(x)) = abslog(x)``, ``sum(abs(x)) = l1(x)``, ``mean(abs(x)) = mean_abs(x)`` over elements,
  ``normalised_sum = mean``, ``relu(relu(x)) = relu(x)``, ``log(relu(x)) = log(x)``, ``sqrt(relu(x)) = sqrt(x)``;
- of what is never negative: ``abs(x) = relu(x) = x``, ``l1(x) = sum(x)``, ``mean_abs(x) = mean(x)``,
  ``abslog(x) = log(x)``.

Nothing is regrouped: addition is not associative.
"""

from __future__ import annotations

from lpzero.formula.formula import Formula, apply
from lpzero.formula.rules import sign

_BLIND = ("abs", "square", "abslog", "l1", "mean_abs", "frobenius")
_OF_ABS = {("log", "layers"): "abslog", ("sum", "tensor"): "l1", ("mean", "tensor"): "mean_abs"}
_OF_NONNEGATIVE = {"abs": None, "relu": None, "l1": "sum", "mean_abs": "mean", "abslog": "log"}
_OF_ABS |= {("log", "tensor"): "abslog", ("log", "scalar"): "abslog"}


def canonical(formula: Formula) -> Formula:
    """The canonical form: same type, same value bit for bit, one form for all equal formulas.

    >>> from lpzero.formula.parse import parse
    >>> str(canonical(parse("sum(l1(abs(grad * weight)))")))
    'sum(l1(grad * weight))'
    >>> canonical(parse("sum(l1(weight * grad))")) == canonical(parse("sum(sum(abs(neg(grad * weight))))"))
    True
    """
    return formula.canonical_form or _kept(formula)


def _kept(formula: Formula) -> Formula:
    """Compute the canonical form, and keep it with the formula: parts go from parent to child unchanged."""
    form = formula
    if formula.arguments:
        name = "mean" if formula.name == "normalised_sum" else formula.name
        arguments = tuple(canonical(argument) for argument in formula.arguments)
        form = _unary(name, arguments[0]) if len(arguments) == 1 else _binary(name, *arguments)
    object.__setattr__(formula, "canonical_form", form)
    object.__setattr__(form, "canonical_form", form)
    return form


def _unary(name: str, inner: Formula) -> Formula:
    """The canonical form of a primitive on a canonical argument."""
    if name == "identity" or (name == inner.name and name in ("relu", "abs")):
        return inner
    if name == "neg" and inner.name == "neg":
        return inner.arguments[0]
    if name == "neg" and inner.name == "sub":
        return _binary("sub", *reversed(inner.arguments))
    if (inner.name == "neg" and name in (*_BLIND, "std")) or (inner.name == "abs" and name in _BLIND):
        return _unary(name, inner.arguments[0])
    if inner.name == "sub" and name in (*_BLIND, "std") and str(inner.arguments[0]) > str(inner.arguments[1]):
        inner = apply("sub", *reversed(inner.arguments))
    if inner.name == "abs" and (name, inner.type.level) in _OF_ABS:
        return _unary(_OF_ABS[name, inner.type.level], inner.arguments[0])
    if name in ("log", "sqrt") and inner.name == "relu":
        return apply(name, *inner.arguments)
    if name in _OF_NONNEGATIVE and sign(inner) == "nonnegative":
        plain = _OF_NONNEGATIVE[name]
        return inner if plain is None else apply(plain, inner)
    return apply(name, inner)


def _binary(name: str, *arguments: Formula) -> Formula:
    """The canonical form of a primitive on two canonical arguments."""
    left, right = arguments
    if name in ("add", "sub") and right.name == "neg":
        return _binary("sub" if name == "add" else "add", left, right.arguments[0])
    if name == "add" and left.name == "neg":
        return _binary("sub", right, left.arguments[0])
    if name == "mul" and left == right:
        return _unary("square", left)
    if name == "mul" and right.name == "reciprocal":
        return apply("div", left, right.arguments[0])
    if name == "mul" and left.name == "reciprocal":
        return apply("div", right, left.arguments[0])
    if name in ("add", "mul"):
        left, right = sorted(arguments, key=str)
    return apply(name, left, right)


def canonical_key(formula: Formula) -> str:
    """The text of the canonical form."""
    return canonical(formula).text
