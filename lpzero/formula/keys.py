"""Canonical forms: formulas that are equal by algebra that really holds, bit for bit, share one key.

What holds in floating point and under protection:

- ``a + b = b + a``, ``a * b = b * a``, ``x * x = square(x)``, ``x * reciprocal(y) = x / y``;
- for a constant ``c``: ``1 * x = x``, ``a + -c * b = a - c * b``, ``a - -c * b = a + c * b``, and ``neg(c)`` is one;
- ``identity(x) = x``, ``neg(neg(x)) = x``, ``neg(a - b) = b - a``, ``a - neg(b) = a + b``, ``a + neg(b) = a - b``;
- ``abs``, ``square``, ``abslog``, ``l1``, ``mean_abs``, ``frobenius`` see neither a sign nor an absolute value, ``std``
  no sign: they are equal of ``a - b`` and ``b - a``; ``log``, ``sqrt`` and ``relu`` see no ``relu``;
- ``log(abs(x)) = abslog(x)``, ``sum(abs(x)) = l1(x)``, ``mean(abs(x)) = mean_abs(x)`` over elements,
  ``normalised_sum = mean``;
- of what is never negative: ``abs(x) = relu(x) = x``, ``l1(x) = sum(x)``, ``mean_abs(x) = mean(x)``,
  ``abslog(x) = log(x)``.

What one primitive is known for stands in its row of the table; here are the steps, with the names of those that are
steps between several primitives. Nothing is regrouped: addition is not associative.
"""

from __future__ import annotations

from lpzero.formula.brought import row_at
from lpzero.formula.formula import Formula, apply, constant
from lpzero.formula.primitives import PRIMITIVES
from lpzero.formula.rules import sign
from lpzero.formula.weighted import normal_sum

# of what is never negative, l1 is sum, and l1 sees no absolute value: so sum(abs(x)) = l1(abs(x)) = l1(x)
_OF_ABS = {
    (row.of_nonnegative, level): row.name
    for row in PRIMITIVES
    if row.of_nonnegative is not None and "abs" in row.blind
    for level in row.levels
}


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
    if formula.primitive is not None:
        name = formula.primitive.synonym or formula.name
        arguments = tuple(canonical(argument) for argument in formula.arguments)
        form = _unary(name, arguments[0]) if len(arguments) == 1 else _binary(name, *arguments)
    object.__setattr__(formula, "canonical_form", form)
    object.__setattr__(form, "canonical_form", form)
    return form


def _unary(name: str, inner: Formula) -> Formula:
    """The canonical form of a primitive on a canonical argument."""
    row = row_at(name, inner.type.level)
    if row.trivial:
        return inner
    if name == "neg" and inner.value is not None:
        return constant(-inner.value)
    if name == "neg" and inner.name == "neg":
        return inner.arguments[0]
    if inner.name in row.blind:
        return _unary(name, inner.arguments[0])
    if inner.primitive is not None and inner.primitive.symmetry == "antisymmetric":
        left, right = inner.arguments
        if name == "neg":
            return _binary(inner.name, right, left)
        if "neg" in row.blind and str(left) > str(right):
            inner = _binary(inner.name, right, left)
    if inner.name == "abs" and (name, inner.type.level) in _OF_ABS:
        return _unary(_OF_ABS[name, inner.type.level], inner.arguments[0])
    if row.of_nonnegative is not None and sign(inner) == "nonnegative":
        plain = row_at(row.of_nonnegative, inner.type.level)
        return inner if plain.trivial else _unary(plain.name, inner)
    return apply(name, inner)


def _binary(name: str, *arguments: Formula) -> Formula:
    """The canonical form of a primitive on two canonical arguments."""
    left, right = arguments
    row = row_at(name, left.type.level)
    if name in ("add", "sub") and right.name == "neg":
        return _binary("sub" if name == "add" else "add", left, right.arguments[0])
    if name == "add" and left.name == "neg":
        return _binary("sub", right, left.arguments[0])
    if name in ("add", "sub") and _negative_term(right):
        factor, term = right.arguments
        assert factor.value is not None
        return _binary("sub" if name == "add" else "add", left, apply("mul", constant(-factor.value), term))
    if row.of_equals == "square" and left == right:
        return _unary("square", left)
    if name == "mul" and right.name == "reciprocal":
        return apply("div", left, right.arguments[0])
    if name == "mul" and left.name == "reciprocal":
        return apply("div", right, left.arguments[0])
    if name == "mul" and any(argument.value == 1 for argument in arguments):
        return right if left.value == 1 else left
    if row.symmetry == "symmetric":
        left, right = sorted(arguments, key=str)
    return apply(name, left, right)


def _negative_term(formula: Formula) -> bool:
    return formula.name == "mul" and formula.arguments[0].value is not None and formula.arguments[0].value < 0


def canonical_key(formula: Formula) -> str:
    """What formulas that are equal by algebra share: the text of the canonical form.

    Of a weighted sum the terms stand in order, and the scale of the whole is divided out: those share a key that rank
    alike, though their values differ.

    >>> from lpzero.formula.parse import parse
    >>> canonical_key(parse("0.5 * depth + 2 * width")) == canonical_key(parse("4 * width + depth"))
    True
    """
    form = canonical(formula)
    normal = normal_sum(form) if form.type.level == "scalar" else None
    return form.text if normal is None else normal.text
