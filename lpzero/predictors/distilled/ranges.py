"""Where a student's teacher was sure: the ranges of what it was taught there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lpzero.predictors.description import LISTED, SHAPE, Description


@dataclass(frozen=True)
class Ranges:
    """The ranges of numbers.

    They are those of architectures that are like the labels, so that there is no room on either side.

    Attributes:
        names: (numbers,) their names: of what is listed and of the shape, or all where there are none of these.
        lowest: (numbers,) the least.
        highest: (numbers,) the largest.
    """

    names: tuple[str, ...]
    lowest: np.ndarray
    highest: np.ndarray

    @classmethod
    def of(cls, described: Sequence[Description]) -> Ranges:
        """Those of one description or several; what is not in a description counts as 0."""
        seen = sorted(frozenset().union(*(one.values for one in described)))
        names = tuple(name for name in seen if _counted(name)) or tuple(seen)
        rows = np.array([[one.values.get(name, 0.0) for name in names] for one in described], dtype=np.float64)
        return cls(names, rows.min(axis=0), rows.max(axis=0))

    def beyond(self, described: Description) -> str:
        """What of an architecture is outside, in words; empty where nothing is."""
        known = set(self.names)
        for name in sorted(described.values):
            if _counted(name) and name not in known:
                return f"{_said(name)}: in none that the teacher was sure of"
        for name, low, high in zip(self.names, self.lowest.tolist(), self.highest.tolist(), strict=True):
            value = described.values.get(name, 0.0)
            if not low <= value <= high:
                return f"{_said(name)}: {value:.6g}, the teacher was sure from {low:.6g} to {high:.6g}"
        return ""


def _counted(name: str) -> bool:
    return name.partition(":")[0] in (*LISTED, SHAPE)


def _said(name: str) -> str:
    group, _, feature = name.partition(":")
    return f"log {feature}" if group == SHAPE else feature
