"""Operands that other packages bring: computed of what a pass shows, and found by their names.

What a pass reads stays what it is. An operand that is brought is computed of the tensors at its sites: exactly where a
formula asks for it, and in a sketch, where a probe names it, at the very positions that the sketch keeps of the others.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from lpzero import plugins
from lpzero.errors import InputError, LpzeroError
from lpzero.operands.operand import FAMILIES, OPERANDS, SITE_FAMILIES, DerivedOperand, Operand
from lpzero.operands.shape import SHAPE_OPERANDS
from lpzero.operands.units import UNIT_OPERANDS


def _checked(name: str, value: object) -> DerivedOperand:
    """An operand that a package brings; raises InputError where it is none, or contradicts itself."""
    if not isinstance(value, DerivedOperand):
        raise InputError(f"expected a lpzero.operands.operand.DerivedOperand, found {type(value).__name__}")
    if value.name != name:
        raise InputError(f"expected an operand of that name, found one called {str(value.name)[:80]!r}")
    if not name.isidentifier() or keyword.iskeyword(name) or name in (*SITE_FAMILIES, *FAMILIES):
        raise InputError("expected a word that is no keyword of Python and no family of operands")
    if value.site_family not in SITE_FAMILIES:
        raise InputError(f"site_family: expected one of {', '.join(SITE_FAMILIES)}, found {value.site_family!r}")
    there = tuple(family for family in FAMILIES if OPERANDS[family].site_family == value.site_family)
    if not value.reads or not set(value.reads) <= set(there):
        raise InputError(f"reads: expected some of {', '.join(there)}, which live there, found {value.reads!r}")
    if not callable(value.function) or value.sign not in ("any", "nonnegative", "nonpositive") or not value.latex:
        raise InputError("expected a function, a symbol and a sign")
    return value


BROUGHT = plugins.Kind("operands", (*OPERANDS, *SHAPE_OPERANDS, *UNIT_OPERANDS), _checked)
"""Operands of installed packages."""


def operand_named(name: str) -> Operand | DerivedOperand | None:
    """The operand of a name that a pass shows, or that is computed of it; None where there is none.

    Raises:
        InputError: A package brings one, but it cannot be used.
    """
    return OPERANDS.get(name) or plugins.find(BROUGHT, name)


def known_operand(name: str) -> Operand | DerivedOperand:
    """The same for a name that must be one; raises InputError, listing the operands, where there is none."""
    found = operand_named(name)
    if found is None:
        raise InputError(f"unknown operand {name!r}: expected one of {', '.join(operand_names())}")
    return found


def is_operand(name: str) -> bool:
    """Whether formulas may refer to something by a name; nothing is loaded."""
    own = name in OPERANDS or name in SHAPE_OPERANDS or name in UNIT_OPERANDS
    return own or name in plugins.names(BROUGHT)


def operand_names() -> tuple[str, ...]:
    """The names of all operands, those of the package first; nothing is loaded."""
    return (*OPERANDS, *SHAPE_OPERANDS, *UNIT_OPERANDS, *plugins.names(BROUGHT))


def derived_named(names: Iterable[str]) -> tuple[DerivedOperand, ...]:
    """The operands of other packages among some, sorted by name; raises InputError where one is unknown."""
    rows = (known_operand(name) for name in sorted(set(names) - {*OPERANDS, *SHAPE_OPERANDS, *UNIT_OPERANDS}))
    return tuple(row for row in rows if isinstance(row, DerivedOperand))


def computed(operand: DerivedOperand, tensors: Mapping[str, Tensor]) -> Tensor:
    """An operand of another package at a site.

    Args:
        operand: The operand.
        tensors: What the pass shows there, by family: all that the operand reads, alike in shape.

    Raises:
        LpzeroError: What computes it gives another shape.
    """
    read = [tensors[family] for family in operand.reads]
    with torch.no_grad():
        made = operand.function(*read)
    if made.shape != read[0].shape:
        shapes = f"{tuple(read[0].shape)}, found {tuple(made.shape)}"
        raise LpzeroError(f"operand {operand.name}: expected a tensor of the shape {shapes}")
    return made


def brought_operands() -> tuple[str, ...]:
    """The names of the operands that packages bring; of one that cannot be used the log says why."""
    return tuple(plugins.usable(BROUGHT))


def derived_identities(names: Iterable[str]) -> list[dict[str, str]]:
    """What a document says of the packages of some operands; those of this package are left out."""
    found = (plugins.identity_of(BROUGHT, row.name) for row in derived_named(names))
    return [one for one in found if one is not None]
