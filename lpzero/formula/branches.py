"""The branches of the paper's grammar, all of them: what an enumeration puts together in pairs.

A branch (LPZero, arXiv 2410.04808, section 3.2) is an operand, or the element-wise product of two operands at the same
sites, under two unary primitives, averaged over elements where neither of them reduced the tensor, and added up or
averaged over layers. ``identity`` is one of the unary primitives, so that branches with fewer are among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

from lpzero.formula.formula import Formula, apply, operand
from lpzero.formula.grammar import OVER_LAYERS, PAPER_UNARY
from lpzero.formula.keys import canonical
from lpzero.formula.primitives import NAMES
from lpzero.operands.brought import known_operand


def bases(operands: Sequence[str]) -> tuple[Formula, ...]:
    """Operands, and the products of two different ones that live at the same sites.

    >>> [str(base) for base in bases(("weight", "grad", "head"))]
    ['weight', 'grad', 'head', 'weight * grad']
    """
    pairs = [(a, b) for a, b in combinations(operands, 2) if known_operand(a).sites == known_operand(b).sites]
    return (*map(operand, operands), *(apply("mul", operand(a), operand(b)) for a, b in pairs))


def written(
    operands: Sequence[str], aggregations: Sequence[str] = OVER_LAYERS["lpzero"], unary: int = 2
) -> Iterator[Formula]:
    """Every branch as the grammar writes it, equal ones included."""
    chains = product(PAPER_UNARY, repeat=unary)
    for base, chain, over_layers in product(bases(operands), chains, aggregations):
        inner = base
        for name in chain:
            if not any(inner.type.level in row.levels for row in NAMES[name] if row.kind != "aggregation"):
                break
            inner = apply(name, inner)
        else:
            inner = apply("mean", inner) if inner.type.level == "tensor" else inner
            yield apply(over_layers, inner)


def branches(
    operands: Sequence[str], aggregations: Sequence[str] = OVER_LAYERS["lpzero"], unary: int = 2
) -> tuple[Formula, ...]:
    """The distinct branches in their canonical forms, in the order of writing.

    Args:
        operands: Names of operands, at least one.
        aggregations: What makes one number of the layers; the paper's two unless more are asked for.
        unary: Unary primitives of a branch, at least 0, ``identity`` counted; the paper's two unless told otherwise.

    Returns:
        Scalars, no two of which are equal by algebra.

    >>> found = branches(("weight",))
    >>> len(found) < sum(1 for _ in written(("weight",))), str(found[0])
    (True, 'sum(mean(log(log(weight))))')
    """
    return tuple(dict.fromkeys(canonical(formula) for formula in written(operands, aggregations, unary)))
