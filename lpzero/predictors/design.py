"""Descriptions as columns: which numbers a regression is fitted to, and where they are like those of the labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lpzero.errors import InputError
from lpzero.fitness.resample import Floats
from lpzero.predictors.description import LISTED, OPERANDS, PROXY, SHAPE, SPEC, Description

MARGIN = 0.25
"""How far beyond the labels a number may lie, as a share of their range, before it counts as beyond them."""


@dataclass(frozen=True)
class Design:
    """The columns of a regression, as its labels decide.

    Attributes:
        names: (columns,) names of numbers of a description, first those that are joined by squares and products.
        logarithms: (columns,) which are logarithms of that number.
        quadratic: How many of the first columns are joined by their squares and products.
        fill: (columns,) what stands for a number that an architecture has not: the mean of the labels.
        lowest: (columns,) the least number of the labels, before any logarithm.
        highest: (columns,) the largest.
        seen: Every name of a description that some label has.
    """

    names: tuple[str, ...]
    logarithms: tuple[bool, ...]
    quadratic: int
    fill: Floats
    lowest: Floats
    highest: Floats
    seen: frozenset[str]

    @classmethod
    def of(cls, described: Sequence[Description]) -> Design:
        """The columns of labelled architectures, none of which has a reason.

        Of the spec and of proxies the logarithm of what is above 0 throughout is a column as well; a number that some
        of the labels have not is none, unless it is listed, where it is 0.

        Raises:
            InputError: There is no number that all of them have.
        """
        rows = [one.values for one in described]
        seen = frozenset().union(*rows)
        whole = [name for name in sorted(seen) if _group(name) in LISTED or all(name in row for row in rows)]
        table = {name: np.array([row.get(name, 0.0) for row in rows]) for name in whole}
        shape = [name for name in whole if _group(name) == SHAPE]
        others = [name for name in whole if _group(name) != SHAPE]
        grown = [n for n in others if _group(n) in (SPEC, PROXY) and (table[n] > 0).all()]
        names = (*shape, *others, *grown)
        if not names:
            raise InputError("expected a feature that every labelled architecture has, found none: add spec")
        logarithms = tuple(i >= len(shape) + len(others) for i in range(len(names)))
        columns = [np.log(table[n]) if log else table[n] for n, log in zip(names, logarithms, strict=True)]
        return cls(
            names,
            logarithms,
            len(shape),
            np.array([column.mean() for column in columns]),
            np.array([table[n].min() for n in names]),
            np.array([table[n].max() for n in names]),
            seen,
        )

    def matrix(self, described: Sequence[Description]) -> Floats:
        """The columns of some architectures, (architectures, columns): what one has not stands as of the labels."""
        rows = [[self._column(i, one.values.get(name)) for i, name in enumerate(self.names)] for one in described]
        return np.array(rows, dtype=np.float64).reshape(len(described), len(self.names))

    def _column(self, index: int, value: float | None) -> float:
        if value is None and _group(self.names[index]) in LISTED:
            value = 0.0
        if value is None:
            return float(self.fill[index])
        if not self.logarithms[index]:
            return value
        # above 0 in every label: what has none of it stands as the least of them
        return float(np.log(value if value > 0 else self.lowest[index]))

    def beyond(self, described: Description) -> str:
        """What of an architecture is unlike all labels, in words; empty where nothing is.

        A number lies within them where it is within their range and a quarter of it on either side. Where
        anything is listed, or of the shape, the branches of untrained models are not looked at: they follow from it.
        """
        new = sorted(name for name in described.values.keys() - self.seen if _group(name) != OPERANDS)
        if new:
            return f"{_said(new[0])}: in none of the labels"
        counted = any(_group(name) in (*LISTED, SHAPE) for name in self.names)
        for i, name in enumerate(self.names):
            if self.logarithms[i] or (counted and _group(name) == OPERANDS):
                continue
            value = described.values.get(name, 0.0 if _group(name) in LISTED else None)
            if value is None:
                return f"{_said(name)}: it has none, and every label has"
            room = MARGIN * (self.highest[i] - self.lowest[i])
            if not self.lowest[i] - room <= value <= self.highest[i] + room:
                return f"{_said(name)}: {value:.6g}, the labels have {self.lowest[i]:.6g} to {self.highest[i]:.6g}"
        return ""


def _group(name: str) -> str:
    return name.partition(":")[0]


def _said(name: str) -> str:
    group, _, feature = name.partition(":")
    return f"log {feature}" if group == SHAPE else feature
