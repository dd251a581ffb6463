"""Every pair of branches under every root, and every branch alone, ranked: the inner loop of an enumeration.

A formula here is two rows of one matrix of branch scores under a root, or one row. For each one two numbers are kept:
concordant minus discordant pairs of architectures, from which tau-a follows, and a signature that formulas with equal
ranks share, whichever way round. Both come out of one pass over the pairs of architectures.

On a CPU the loop is compiled (:mod:`lpzero.evolution.enumeration.lanes`); on a CUDA device the same two numbers come
out of PyTorch. Scores are float64 and every root does exactly what its primitive in :mod:`lpzero.formula.functions`
does, so that ranks are those of the formula language, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from lpzero.errors import InputError
from lpzero.evolution.enumeration.lanes import compiled_rows
from lpzero.fitness.batch import multipliers
from lpzero.fitness.strata import Pairs
from lpzero.formula.functions import EPS
from lpzero.formula.grammar import ROOTS
from lpzero.formula.primitives import ROWS

ALONE = len(ROOTS)
UNORDERED = tuple(ROWS[name, "scalar"].symmetry is not None for name in ROOTS)
"""Of each root, whether two branches make one formula under it, or two."""
OF_TWO = sum(1 if unordered else 2 for unordered in UNORDERED)
"""Formulas of two different branches."""
ROWS_AT_ONCE = 8
CUDA_FORMULAS = 1 << 15
ALONE_AT_ONCE = 512
SMALLEST_SPLIT, LARGEST_SPLIT = 12, 256
"""Architectures of a search split: fewer have fewer rankings than an enumeration keeps, more do not fit 16 bits."""
_CLAMP = EPS * EPS


@dataclass(frozen=True)
class PairSpace:
    """The numbering of formulas: by the left branch, then by the root, then by the right branch.

    Under a root that is symmetric (``add``, ``mul``) or antisymmetric (``sub``) every unordered pair of branches is a
    formula, under another one (``div``) every ordered pair. ``sub`` the other way round has the reversed ranks, which
    is the same formula with the other direction. The branches alone come last.

    Attributes:
        branches: Number of branches, at least 1.
    """

    branches: int

    @property
    def pairs(self) -> int:
        """Number of formulas of two branches."""
        return int(self.begin(self.branches))

    @property
    def size(self) -> int:
        """Number of formulas."""
        return self.pairs + self.branches

    def begin(self, row: int | np.ndarray) -> Any:
        """The number of the first formula whose left branch is ``row``."""
        unordered = sum(UNORDERED)
        ordered = len(ROOTS) - unordered
        return unordered * (row * self.branches - row * (row - 1) // 2) + ordered * row * self.branches

    def parts(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Root (as index of ``ROOTS``), left and right branch of formulas, each (formulas,) int64.

        The root of a branch alone is ``ALONE``, and both its branches are that one.
        """
        starts = self.begin(np.arange(self.branches, dtype=np.int64))
        left = np.searchsorted(starts, numbers, side="right") - 1
        within = numbers - starts[left]
        root, right, begin = np.zeros_like(left), within, np.zeros_like(left)
        for index, unordered in enumerate(UNORDERED):
            # the right branches of an unordered pair begin with the left one
            first = left if unordered else np.zeros_like(left)
            reached = within >= begin
            root = np.where(reached, index, root)
            right = np.where(reached, within - begin + first, right)
            begin = begin + self.branches - first
        alone = numbers >= self.pairs
        single = numbers - self.pairs
        return np.where(alone, ALONE, root), np.where(alone, single, left), np.where(alone, single, right)


@dataclass(frozen=True)
class RankedPairs:
    """What is known of every formula of a :class:`PairSpace`.

    Attributes:
        space: The numbering.
        net: (formulas,) int16, concordant minus discordant pairs of architectures; 0 where a score is not finite.
        signature: (formulas,) int64, 0 where all scores tie or one is not finite; otherwise equal for equal ranks and
            for reversed ones. Two different rankings share one with a probability of about 2^-61.
        nonfinite: Number of formulas with a score that is not finite.
    """

    space: PairSpace
    net: np.ndarray
    signature: np.ndarray
    nonfinite: int


def rank_pairs(
    scores: np.ndarray,
    quality: np.ndarray,
    *,
    jobs: int,
    progress: Callable[[int, int], None],
    device: str = "cpu",
    counted: Pairs | None = None,
) -> RankedPairs:
    """Rank architectures by every formula of two branches.

    Args:
        scores: (branches, architectures) float64.
        quality: (architectures,), finite, 2 to 256 of them.
        jobs: Threads on a CPU, at least 1; the result does not depend on it.
        progress: Called with (formulas done, formulas to do).
        device: ``"cpu"`` or ``"cuda"``.
        counted: (architectures, architectures) bool, the pairs that are net; None for all. Signatures are of all.

    Returns:
        Ten bytes a formula.

    Raises:
        InputError: The shapes do not fit, or there are too many architectures for 16 bits of net pairs.
    """
    if scores.ndim != 2 or quality.shape != scores.shape[1:] or not 2 <= len(quality) <= LARGEST_SPLIT:
        raise InputError(
            f"expected scores of 2 to {LARGEST_SPLIT} architectures and as many qualities, found {scores.shape} and "
            f"{quality.shape}"
        )
    space = PairSpace(len(scores))
    net, signature = np.zeros(space.size, np.int16), np.zeros(space.size, np.int64)
    agree = np.sign(quality[:, None] - quality[None, :]).astype(np.int64)
    agree = agree if counted is None else agree * counted
    blocks = [range(i, min(i + ROWS_AT_ONCE, len(scores))) for i in range(0, len(scores), ROWS_AT_ONCE)]
    work = _cuda_worker if device == "cuda" else _cpu_worker
    rank_rows = work(space, np.ascontiguousarray(scores, dtype=np.float64), agree, net, signature)
    nonfinite = _rank_alone(scores, agree, net[space.pairs :], signature[space.pairs :])
    with ThreadPoolExecutor(1 if device == "cuda" else jobs) as pool:
        for rows, found in zip(blocks, pool.map(rank_rows, blocks), strict=True):
            nonfinite += found
            progress(int(space.begin(rows.stop)), space.pairs)
    return RankedPairs(space, net, signature, nonfinite)


def _rank_alone(scores: np.ndarray, agree: np.ndarray, net: np.ndarray, signature: np.ndarray) -> int:
    """Rank every branch alone; returns the number of those with a score that is not finite."""
    signs, factors = torch.from_numpy(agree), torch.from_numpy(multipliers(scores.shape[1]))
    nonfinite = 0
    for base in range(0, len(scores), ALONE_AT_ONCE):
        part = slice(base, base + ALONE_AT_ONCE)
        pairs, mixed, wrong = _ranked(torch.from_numpy(scores[part]), signs, factors)
        net[part], signature[part] = pairs.numpy(), mixed.numpy()
        nonfinite += int(wrong.sum())
    return nonfinite


RowWorker = Callable[[range], int]


def _pieces(space: PairSpace, rows: range) -> Iterator[tuple[int, int, int, slice]]:
    """(row, root, first right branch, where the results go)."""
    for row in rows:
        begin = int(space.begin(row))
        for root in range(len(ROOTS)):
            first = row if UNORDERED[root] else 0
            end = begin + space.branches - first
            yield row, root, first, slice(begin, end)
            begin = end


def _cpu_worker(
    space: PairSpace, scores: np.ndarray, agree: np.ndarray, net: np.ndarray, signature: np.ndarray
) -> RowWorker:
    columns = np.ascontiguousarray(scores.T)
    factors = multipliers(scores.shape[1])
    loop = compiled_rows()

    def rank_rows(rows: range) -> int:
        return sum(
            loop(scores[row], columns, first, root, agree, factors, _CLAMP, net[where], signature[where])
            for row, root, first, where in _pieces(space, rows)
        )

    return rank_rows


def _cuda_worker(
    space: PairSpace,
    scores: np.ndarray,
    agree: np.ndarray,
    net: np.ndarray,
    signature: np.ndarray,
    device: str = "cuda",
) -> RowWorker:
    held = torch.from_numpy(scores).to(device)
    signs = torch.from_numpy(agree).to(device)
    factors = torch.from_numpy(multipliers(scores.shape[1])).to(device)

    def rank_rows(rows: range) -> int:
        nonfinite = 0
        for row, root, first, where in _pieces(space, rows):
            for base in range(first, space.branches, CUDA_FORMULAS):
                values = ROWS[ROOTS[root], "scalar"].function(held[row], held[base : base + CUDA_FORMULAS])
                pairs, mixed, wrong = _ranked(values, signs, factors)
                begin = where.start + base - first
                net[begin : begin + len(pairs)] = pairs.cpu().numpy()
                signature[begin : begin + len(mixed)] = mixed.cpu().numpy()
                nonfinite += int(wrong.sum())
        return nonfinite

    return rank_rows


def _ranked(
    values: torch.Tensor, signs: torch.Tensor, factors: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Net pairs, signatures and whether a score is not finite, each (formulas,)."""
    wrong = ~values.isfinite().all(1)
    values = values.masked_fill(wrong[:, None], 0.0)
    above = values[:, :, None] > values[:, None, :]
    order = above.to(torch.int8) - above.transpose(1, 2).to(torch.int8)
    pairs = (order * signs.to(torch.int8)).sum((1, 2), dtype=torch.int32) // 2
    mixed = (order.sum(2, dtype=torch.int64) * factors).sum(1)
    return pairs.to(torch.int16), torch.maximum(mixed, -mixed), wrong
