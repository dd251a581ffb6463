"""The compiled loop of an enumeration: 128 formulas at once, which fills the vector registers of a CPU.

It computes each root itself, as the function of its primitive does: a new one has its branch in ``combine_lanes``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from lpzero.formula.grammar import ROOTS

LANES = 128
# the compiled loop compares whole numbers, which are constants to it
_ADD, _SUB, _MUL, _DIV = (ROOTS.index(name) for name in ("add", "sub", "mul", "div"))


@lru_cache(maxsize=1)
def compiled_rows() -> Any:
    """Rank one branch with all others from the first one on: ``combine_lanes`` and ``rank_lanes``, compiled."""
    import numba

    compiled = numba.njit(nogil=True)
    combine, rank = compiled(combine_lanes), compiled(rank_lanes)

    def rank_row(
        left: Any, columns: Any, first: int, root: int, agree: Any, factors: Any, clamp: float, net: Any, signature: Any
    ) -> int:
        architectures, branches = columns.shape
        value = np.empty((architectures, LANES), np.float64)
        wrong = np.empty(LANES, np.float64)
        pairs, mixed = np.empty(LANES, np.int64), np.empty(LANES, np.int64)
        nonfinite = 0
        for base in range(first, branches, LANES):
            combine(left, columns, base, root, clamp, value, wrong)
            rank(value, agree, factors, pairs, mixed)
            for t in range(min(LANES, branches - base)):
                place = base - first + t
                finite = wrong[t] == 0.0
                nonfinite += not finite
                net[place] = pairs[t] if finite else 0
                signature[place] = max(mixed[t], -mixed[t]) if finite else 0
        return nonfinite

    return compiled(rank_row)


def combine_lanes(left: Any, columns: Any, base: int, root: int, clamp: float, value: Any, wrong: Any) -> None:
    """Combine one branch with the next ``LANES`` others; compiled by numba.

    Args:
        left: (architectures,) float64, scores of the left branch.
        columns: (architectures, branches) float64, scores of the right ones.
        base: The first right branch; lanes beyond the last branch repeat it.
        root: Index of ``ROOTS``.
        clamp: Smallest square that a division divides by.
        value: (architectures, LANES) float64, written.
        wrong: (LANES,) float64, written: 0 where every score is finite.
    """
    architectures, branches = columns.shape
    last = branches - 1 - base
    wrong[:] = 0.0
    for k in range(architectures):
        x = left[k]
        for t in range(LANES):
            y = columns[k, base + min(t, last)]
            if root == _ADD:
                value[k, t] = x + y
            elif root == _SUB:
                value[k, t] = x - y
            elif root == _MUL:
                value[k, t] = x * y
            elif root == _DIV:
                value[k, t] = x * (y / max(y * y, clamp))
            # infinity and NaN times zero are NaN
            wrong[t] += value[k, t] * 0.0


def rank_lanes(value: Any, agree: Any, factors: Any, pairs: Any, mixed: Any) -> None:
    """Compare all pairs of architectures in every lane; compiled by numba.

    Args:
        value: (architectures, LANES) float64.
        agree: (architectures, architectures) int64, sign of the difference in quality.
        factors: (architectures,) int64.
        pairs: (LANES,) int64, written: concordant minus discordant pairs.
        mixed: (LANES,) int64, written: the signature before its sign is dropped.
    """
    architectures = len(value)
    pairs[:] = 0
    mixed[:] = 0
    for i in range(architectures - 1):
        for j in range(i + 1, architectures):
            sign = agree[i, j]
            factor = factors[i] - factors[j]
            for t in range(LANES):
                order = np.int64(value[i, t] > value[j, t]) - np.int64(value[i, t] < value[j, t])
                pairs[t] += order * sign
                mixed[t] += order * factor
