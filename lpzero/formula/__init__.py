"""The formula language: primitives, formulas as text, canonical keys, grammars, rules, evaluation, export."""

from lpzero.formula.formula import Formula, Type, apply, operand
from lpzero.formula.keys import canonical, canonical_key
from lpzero.formula.parse import parse

__all__ = ["Formula", "Type", "apply", "canonical", "canonical_key", "operand", "parse"]
