"""Rule-based pruning: formulas refused before they are evaluated, each by a rule with a name.

LPZero (arXiv 2410.04808, section 3.3) describes such rules; its code has none. A rule refuses what a
smaller or equal formula says as well, what is constant, and what must overflow. Protected primitives are read as what
they are, never as their unprotected namesakes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lpzero.formula.formula import Formula
from lpzero.formula.primitives import Sign

_FLIP: dict[Sign, Sign] = {"any": "any", "nonnegative": "nonpositive", "nonpositive": "nonnegative"}
_OPERAND_SIGNS: dict[str, Sign] = {"attention": "nonnegative"}
_KEEPS_SIGN = (
    *("identity", "sum", "mean", "normalised_sum", "max", "reciprocal"),
    *("first", "last", "max_tokens", "max_heads"),
)


def sign(formula: Formula) -> Sign:
    """The sign that every value of a part is known to have.

    >>> from lpzero.formula.parse import parse
    >>> sign(parse("sum(mean(attention))")), sign(parse("neg(sum(l1(weight)))")), sign(parse("sum(sum(weight))"))
    ('nonnegative', 'nonpositive', 'any')
    """
    if formula.primitive is None:
        return _OPERAND_SIGNS.get(formula.name, "any")
    if formula.primitive.sign != "any":
        return formula.primitive.sign
    signs = [sign(argument) for argument in formula.arguments]
    if formula.name in _KEEPS_SIGN:
        return signs[0]
    if formula.name == "neg":
        return _FLIP[signs[0]]
    if "any" in signs:
        return "any"
    if formula.name == "add" and signs[0] == signs[1]:
        return signs[0]
    if formula.name == "sub" and signs[0] != signs[1]:
        return signs[0]
    if formula.name in ("mul", "div"):
        return "nonnegative" if signs[0] == signs[1] else "nonpositive"
    return "any"


_INVERSES = {
    *(("log", "exp"), ("neg", "neg"), ("reciprocal", "reciprocal"), ("square", "sqrt"), ("log", "softmax")),
    *(("exp", "log_softmax"), ("exp", "log"), ("exp", "abslog")),
}
_IDEMPOTENT = {"abs", "relu", "zscore", "min_max", "log_softmax"}
_ZERO = {("sum", "zscore"), ("mean", "zscore"), ("normalised_sum", "zscore")}


def _inner(node: Formula) -> Formula | None:
    return node.arguments[0] if len(node.arguments) == 1 else None


def _undone(node: Formula) -> bool:
    inner = _inner(node)
    if inner is None:
        return False
    # square(sqrt(x)) = relu(x), exp(log(x)) and the like are x, relu(x) or |x|: a smaller formula says it
    return (node.name, inner.name) in _INVERSES or (node.name == "sqrt" and inner.name == "square")


def _repeated(node: Formula) -> bool:
    inner = _inner(node)
    if inner is None:
        return False
    if node.name in ("abs", "relu", "l1", "mean_abs") and sign(inner) == "nonnegative":
        return True
    return node.name == "identity" or (node.name in _IDEMPOTENT and inner.name == node.name)


def _constant(node: Formula) -> bool:
    inner = _inner(node)
    if inner is None:
        return False
    # a sum of softmax over the elements of tensors counts sites, and stays; over layers it is 1
    shares = node.type.level == "scalar" and (node.name, inner.name) == ("sum", "softmax")
    return shares or (node.name, inner.name) in _ZERO


def _vanishes(node: Formula) -> bool:
    inner = _inner(node)
    # the logarithm is no zero there, and a sum of it counts sites and layers
    return node.name in ("relu", "sqrt") and inner is not None and sign(inner) == "nonpositive"


def _self_paired(node: Formula) -> bool:
    if len(node.arguments) != 2 or node.arguments[0] != node.arguments[1]:
        return False
    # x - x is 0; a model's x / x is 1, and so is that of elements and layers wherever they are not 0
    return node.name in ("sub", "div")


def _overflows(node: Formula) -> bool:
    inner = _inner(node)
    return inner is not None and node.name == "exp" and inner.name == "numel"


def _kept_order(root: Formula) -> bool:
    """The outermost primitive is monotone: it changes no ranking (or turns it round, which direction undoes)."""
    inner = root.arguments[0]
    if root.type.level != "scalar" or inner.type.level != "scalar":
        return False
    if len(root.arguments) == 2:
        return root.name == "add" and inner == root.arguments[1]
    if root.name in ("exp", "sigmoid", "neg", "identity"):
        return True
    positive = sign(inner) == "nonnegative"
    return positive and root.name in ("log", "abslog", "sqrt", "square", "abs", "relu")


@dataclass(frozen=True)
class Rule:
    """A named rule.

    Attributes:
        name: As counted in results.
        reason: Why such formulas are refused.
        refuses: Whether a node is refused.
        root_only: Whether only the outermost node is looked at.
    """

    name: str
    reason: str
    refuses: Callable[[Formula], bool]
    root_only: bool = False


RULES: tuple[Rule, ...] = (
    Rule("inverse", "a primitive undoes the one before it", _undone),
    Rule("redundant", "a primitive leaves its argument as it is", _repeated),
    Rule("self_pair", "a value is taken from or divided by itself", _self_paired),
    Rule("constant", "the sum of standardised values is zero, that of layer shares one", _constant),
    Rule("vanishing", "a primitive clips every value it can meet", _vanishes),
    Rule("overflow", "the exponential of a number of elements overflows", _overflows),
    Rule("monotone_root", "the outermost primitive changes no ranking", _kept_order, root_only=True),
)
RULE_NAMES = (*(rule.name for rule in RULES), "inactive")


def pruned_by(formula: Formula) -> str | None:
    """The name of the first rule that refuses a formula, or None.

    >>> from lpzero.formula.parse import parse
    >>> pruned_by(parse("sum(log(exp(l1(weight))))")), pruned_by(parse("sum(l1(weight * grad))"))
    ('inverse', None)
    """
    nodes = [formula, *(node for argument in formula.arguments for node in argument.walk())]
    for rule in RULES:
        for node in nodes[:1] if rule.root_only else nodes:
            if rule.refuses(node):
                return rule.name
    return None
