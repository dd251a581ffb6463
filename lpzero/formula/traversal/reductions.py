"""What formulas want of tensors: the reductions in them, and of which tensors each is one.

A formula sees of a tensor what reductions make of it, a number a site. Operands of a part of a model are those of all
of it at fewer sites, so that `l1(grad)` and `l1(grad_operation)` are one reduction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lpzero.formula.formula import Formula, apply, operand
from lpzero.formula.keys import canonical
from lpzero.operands.brought import known_operand
from lpzero.operands.operand import DerivedOperand, SiteFamily
from lpzero.spaces.models.sites import Group


def of_family(formula: Formula) -> Formula:
    """The same part of a formula with the operands of a whole model in the place of those of its parts.

    >>> from lpzero.formula.parse import parse
    >>> str(of_family(parse("sum(l1(weight_operation * grad_operation))").arguments[0]))
    'l1(grad * weight)'
    """
    return canonical(_renamed(formula))


def _renamed(formula: Formula) -> Formula:
    if formula.primitive is None:
        row = known_operand(formula.name)
        return formula if isinstance(row, DerivedOperand) else operand(row.family)
    return apply(formula.name, *map(_renamed, formula.arguments))


@dataclass(frozen=True)
class Wanted:
    """The reductions that some formulas want.

    Attributes:
        families: Families of operands that are read.
        of: For each family of sites the reductions that are wanted there, each of one group of sites or of all (None).
    """

    families: frozenset[str]
    of: dict[SiteFamily, dict[Group | None, tuple[Formula, ...]]]

    def at(self, family: SiteFamily, group: Group | None) -> tuple[Formula, ...]:
        """The reductions that are wanted at a site, each once."""
        found = self.of.get(family, {})
        return tuple(dict.fromkeys((*found.get(None, ()), *(found.get(group, ()) if group else ()))))


def wanted(formulas: Iterable[Formula]) -> Wanted:
    """The reductions that formulas want, as their canonical forms have them.

    >>> from lpzero.formula.parse import parse
    >>> [str(one) for one in wanted([parse("sum(l1(weight * grad)) / sum(l1(grad))")]).at("parameter", None)]
    ['l1(grad * weight)', 'l1(grad)']
    """
    found: dict[SiteFamily, dict[Group | None, dict[Formula, None]]] = {}
    families: set[str] = set()
    for formula in formulas:
        for node in canonical(formula).walk():
            if node.primitive is None or node.primitive.kind != "reduction":
                continue
            rows = [known_operand(name) for name in node.operands]
            for row in rows:
                families.update(row.reads if isinstance(row, DerivedOperand) else (row.family,))
            found.setdefault(rows[0].site_family, {}).setdefault(rows[0].group, {})[of_family(node)] = None
    return Wanted(
        frozenset(families),
        {family: {group: tuple(each) for group, each in groups.items()} for family, groups in found.items()},
    )
