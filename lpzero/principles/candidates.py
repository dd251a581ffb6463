"""Rules that a miner may choose from, with what each holds of: conditions on one feature, and pairs of them."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from lpzero.principles.language.columns import ABSENT, Columns
from lpzero.principles.language.feature import FEW, Feature, are_numbers
from lpzero.principles.language.holds import Mask, holds
from lpzero.principles.language.rule import Bound, Count, Junction, Membership, Rule
from lpzero.spaces.architecture import Value

THRESHOLDS = np.linspace(0.1, 0.9, 9)
"""Quantiles of a number that its bounds are taken from."""


@dataclass(frozen=True)
class Candidates:
    """Rules with what they hold of.

    Attributes:
        rules: The rules.
        records: (rules, records), of the records that are contrasted.
        drawn: (rules, draws), of architectures drawn from the space.
    """

    rules: tuple[Rule, ...]
    records: Mask
    drawn: Mask

    def with_pairs(self, chosen: list[int]) -> Candidates:
        """These, and both junctions of every two of some of them that are about different features."""
        rules, records, drawn = list(self.rules), [self.records], [self.drawn]
        for first, second in combinations(chosen, 2):
            if _feature(self.rules[first]) == _feature(self.rules[second]):
                continue
            both = [self.rules[first], self.rules[second]]
            rules += [Junction(op="any", rules=both), Junction(op="all", rules=both)]
            for masks, found in ((self.records, records), (self.drawn, drawn)):
                found.append(np.stack([masks[first] | masks[second], masks[first] & masks[second]]))
        return _distinct(rules, np.concatenate(records), np.concatenate(drawn))


def _feature(rule: Rule) -> str:
    return "" if isinstance(rule, Junction) else getattr(rule, "feature", "")


def candidates(columns: Columns, top: Mask, drawn: Columns, about: Container[str] | None = None) -> Candidates:
    """Every condition on one feature that some records keep and some do not, each set of records once.

    Of values without an order, the sets are those that are the most frequent in the top. Of a number, bounds at its own
    values or at its deciles. A value in one layer is asked for where every architecture has that layer: elsewhere it
    would be a rule about the depth. Widths and shares of parameters are left out.

    Args:
        columns: The records.
        top: (records,), which are the top.
        drawn: Architectures drawn from the space.
        about: The features that rules may be about; None for all.
    """
    rules = []
    for feature in columns.features.values():
        if (not feature.of and feature.name != "depth") or (about is not None and feature.name not in about):
            continue
        rules += list(_of_feature(feature, columns, top))
    records = np.array([holds(rule, columns) for rule in rules], dtype=np.bool_).reshape(len(rules), len(columns))
    return _distinct(rules, records, np.array([holds(rule, drawn) for rule in rules]).reshape(len(rules), len(drawn)))


def _of_feature(feature: Feature, columns: Columns, top: Mask) -> Iterator[Rule]:
    if feature.kind == "layers":
        if not are_numbers(feature.values) and len(feature.values) <= FEW:
            yield from _counts(feature, columns)
        return
    if feature.kind == "choice":
        codes = columns.codes(feature.name)
        if (codes == ABSENT).any():
            return
        if not feature.ordered:
            yield from (
                Membership(op="in", feature=feature.name, values=values) for values in _sets(feature, codes, top)
            )
            return
    for bound in _bounds(columns.numbers(feature.name)):
        yield Bound(op="ge", feature=feature.name, value=bound)
        yield Bound(op="le", feature=feature.name, value=bound)


def _sets(feature: Feature, codes: np.ndarray, top: Mask) -> Iterator[list[Value]]:
    """The one, two, ... values that are the most enriched in the top; of equal ones, those that come first."""
    size = len(feature.values)
    all_, of_top = np.bincount(codes, minlength=size), np.bincount(codes[top], minlength=size)
    rates = np.divide(of_top, all_, out=np.zeros(size), where=all_ > 0)
    order = np.argsort(-rates, kind="stable")
    for number in range(1, size):
        yield [feature.values[place] for place in sorted(order[:number])]


def _bounds(numbers: np.ndarray) -> list[int | float]:
    there = np.unique(numbers[np.isfinite(numbers)])
    if len(there) > FEW:
        there = np.unique(np.quantile(numbers[np.isfinite(numbers)], THRESHOLDS, method="nearest"))
    # four digits are as much as a person reads; rounding moves a bound by less than what it tells apart
    return [int(one) if one == int(one) else float(f"{one:.4g}") for one in there.tolist()]


def _counts(feature: Feature, columns: Columns) -> Iterator[Rule]:
    codes = columns.codes(feature.name)
    for place, value in enumerate(feature.values):
        for number in np.unique((codes == place).sum(axis=1)).tolist():
            yield Count(op="count_ge", feature=feature.name, values=[value], number=number)
            yield Count(op="count_le", feature=feature.name, values=[value], number=number)


def _distinct(rules: list[Rule], records: Mask, drawn: Mask) -> Candidates:
    """Those that tell records apart, the first of each set of records."""
    seen: set[bytes] = set()
    kept = []
    for place, mask in enumerate(np.packbits(records, axis=1)):
        key = mask.tobytes()
        if key not in seen and records[place].any() and not records[place].all():
            seen.add(key)
            kept.append(place)
    return Candidates(tuple(rules[place] for place in kept), records[kept], drawn[kept])
