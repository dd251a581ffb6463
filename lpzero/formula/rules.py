"""Rule-based pruning: formulas refused before they are evaluated, each by a rule with a name.

LPZero (arXiv 2410.04808, section 3.3) describes such rules; its code has none. A rule refuses what a
smaller or equal formula says as well, what is constant, and what must overflow. What is known of a primitive stands in
its row of the table, where protected primitives are read as what they are, never as their unprotected namesakes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lpzero.formula.formula import Formula
from lpzero.formula.primitive import Primitive
from lpzero.formula.weighted import weighted_terms
from lpzero.operands.brought import known_operand
from lpzero.operands.operand import Sign
from lpzero.operands.shape import SHAPE_OPERANDS
from lpzero.operands.units import UNIT_OPERANDS


def sign(formula: Formula) -> Sign:
    """The sign that every value of a part is known to have.

    >>> from lpzero.formula.parse import parse
    >>> sign(parse("sum(mean(attention))")), sign(parse("neg(sum(l1(weight)))")), sign(parse("sum(sum(weight))"))
    ('nonnegative', 'nonpositive', 'any')
    """
    if formula.value is not None:
        return "nonnegative" if formula.value >= 0 else "nonpositive"
    if formula.primitive is None:
        # what is counted is never negative
        if formula.name in UNIT_OPERANDS:
            return UNIT_OPERANDS[formula.name].sign
        return "nonnegative" if formula.name in SHAPE_OPERANDS else known_operand(formula.name).sign
    found = formula.primitive.sign
    return found(*map(sign, formula.arguments)) if callable(found) else found


def _undone(row: Primitive, node: Formula) -> bool:
    # square(sqrt(x)) = relu(x), exp(log(x)) and the like are x, relu(x) or |x|: a smaller formula says it
    return node.arguments[0].name in row.undoes


def _repeated(row: Primitive, node: Formula) -> bool:
    inner = node.arguments[0]
    if row.trivial or (row.idempotent and inner.name == node.name):
        return True
    # relu and the absolute value, alone or within a reduction, leave such an argument as it is; a logarithm does not
    leaves = row.of_nonnegative is not None and (row.kind == "reduction" or row.idempotent)
    return leaves and sign(inner) == "nonnegative"


def _product(row: Primitive) -> bool:
    return row.symmetry == "symmetric" and row.of_equals != "multiple"


def _constant(row: Primitive, node: Formula) -> bool:
    if not node.varies or (_product(row) and any(a.value == 0 for a in node.arguments)):
        return True
    inner = node.arguments[0].primitive
    total = None if inner is None else inner.adds_up_to
    if total is None or row.elements is None:
        return False
    # a total of 1 over the elements of tensors counts sites, and an average over layers counts these: both stay
    return total == 0 or (row.elements == "total" and node.type.level == "scalar")


def _vanishes(row: Primitive, node: Formula) -> bool:
    # the logarithm is no zero there, and a sum of it counts sites and layers
    return row.clips and sign(node.arguments[0]) == "nonpositive"


def _self_paired(row: Primitive, node: Formula) -> bool:
    # x - x is 0; a model's x / x is 1, and so is that of elements and layers wherever they are not 0
    return row.of_equals == "constant" and node.arguments[0] == node.arguments[1]


def _overflows(row: Primitive, node: Formula) -> bool:
    return node.arguments[0].name in row.overflows_of


def _kept_order(row: Primitive, root: Formula) -> bool:
    """The outermost primitive is monotone: it changes no ranking (or turns it round, which direction undoes)."""
    inner = root.arguments[0]
    if inner.type.level != "scalar":
        return False
    if any(argument.value is not None for argument in root.arguments[row.symmetry is None :]):
        # shifted, scaled or turned round as a whole; a constant over what varies is none of these
        return row.arity == 2
    if row.of_equals == "multiple":
        return inner == root.arguments[1]
    return row.monotone is not None and row.monotone in ("any", sign(inner))


def _repeated_term(_row: Primitive, root: Formula) -> bool:
    terms = weighted_terms(root)
    return any(factor != 1 for factor, _ in terms) and len({term for _, term in terms}) < len(terms)


@dataclass(frozen=True)
class Rule:
    """A named rule.

    Attributes:
        name: As counted in results.
        reason: Why such formulas are refused.
        refuses: Whether a node is refused, from its row of the table and itself.
        root_only: Whether only the outermost node is looked at.
    """

    name: str
    reason: str
    refuses: Callable[[Primitive, Formula], bool]
    root_only: bool = False


RULES: tuple[Rule, ...] = (
    Rule("inverse", "a primitive undoes the one before it", _undone),
    Rule("redundant", "a primitive leaves its argument as it is", _repeated),
    Rule("self_pair", "a value is taken from or divided by itself", _self_paired),
    Rule("constant", "the sum of standardised values is zero, that of layer shares one; constants alone", _constant),
    Rule("vanishing", "a primitive clips every value it can meet", _vanishes),
    Rule("overflow", "the exponential of a number of elements overflows", _overflows),
    Rule("repeated_term", "a weighted sum has a term twice", _repeated_term, root_only=True),
    Rule("monotone_root", "the outermost primitive changes no ranking", _kept_order, root_only=True),
)
RULE_NAMES = (*(rule.name for rule in RULES), "inactive")


def pruned_by(formula: Formula, *, root: bool = True) -> str | None:
    """The name of the first rule that refuses a formula, or None.

    Args:
        formula: The formula.
        root: Whether it is a whole formula, whose ranking alone counts; False for a part.

    >>> from lpzero.formula.parse import parse
    >>> pruned_by(parse("sum(log(exp(l1(weight))))")), pruned_by(parse("sum(l1(weight * grad))"))
    ('inverse', None)
    """
    if not formula.varies:
        return "constant"
    nodes = [(node.primitive, node) for node in formula.walk() if node.primitive is not None]
    for rule in RULES:
        if rule.root_only and not root:
            continue
        for row, node in nodes[:1] if rule.root_only else nodes:
            if rule.refuses(row, node):
                return rule.name
    return None
