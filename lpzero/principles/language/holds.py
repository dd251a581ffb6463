"""Whether rules hold of architectures, many at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lpzero.principles.language.columns import ABSENT, Codes, Columns
from lpzero.principles.language.feature import Feature
from lpzero.principles.language.rule import (
    Between,
    Bound,
    Count,
    Equality,
    Implication,
    Junction,
    Membership,
    Negation,
    Rule,
)
from lpzero.spaces.architecture import Value

Mask = npt.NDArray[np.bool_]
"""(architectures,): which of them."""


def holds(rule: Rule, columns: Columns) -> Mask:
    """Which architectures a rule holds of, (architectures,).

    A condition on what an architecture does not have, such as a fourth layer, does not hold, ``not_in`` included; the
    negation of such a condition does.

    Args:
        rule: Of features of the space, with values of theirs (:func:`lpzero.principles.language.binding.check_rule`).
        columns: The architectures.
    """
    match rule:
        case Membership() | Equality():
            values = [rule.value] if isinstance(rule, Equality) else rule.values
            codes = columns.codes(rule.feature)
            inside = _among(codes, columns.features[rule.feature], values)
            return (codes != ABSENT) & ~inside if rule.op == "not_in" else inside
        case Bound():
            numbers = columns.numbers(rule.feature)
            return np.asarray(numbers >= rule.value if rule.op == "ge" else numbers <= rule.value)
        case Between():
            numbers = columns.numbers(rule.feature)
            return np.asarray((numbers >= rule.low) & (numbers <= rule.high))
        case Count():
            counted = _among(columns.codes(rule.feature), columns.features[rule.feature], rule.values).sum(axis=1)
            return np.asarray(counted >= rule.number if rule.op == "count_ge" else counted <= rule.number)
        case Junction():
            masks = np.array([holds(part, columns) for part in rule.rules])
            return np.asarray(masks.all(axis=0) if rule.op == "all" else masks.any(axis=0))
        case Negation():
            return ~holds(rule.rule, columns)
        case Implication():
            return ~holds(rule.condition, columns) | holds(rule.rule, columns)


def hold_all(rules: list[Rule], columns: Columns) -> Mask:
    """Which architectures every rule holds of; all of them where there is no rule."""
    kept = np.ones(len(columns), dtype=np.bool_)
    for rule in rules:
        kept &= holds(rule, columns)
    return kept


def _among(codes: Codes, feature: Feature, values: list[Value]) -> Mask:
    return np.isin(codes, [position_of(value, feature) for value in values])


def position_of(value: Value, feature: Feature) -> int:
    """Where a value stands among those of a feature; -2, which is no code, where it is none of them.

    Whole numbers and others that are equal count as one, True and 1 do not.
    """
    for position, known in enumerate(feature.values):
        if known == value and isinstance(known, bool) == isinstance(value, bool):
            return position
    return ABSENT - 1
