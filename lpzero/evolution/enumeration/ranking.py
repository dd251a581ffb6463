"""Every formula of a branch grammar, ranked on what a search may see: for ``enumerate`` and for ``evolve`` to start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from lpzero.engines import single_threaded
from lpzero.errors import InputError, LpzeroError, NoResultError
from lpzero.evolution.enumeration.classes import Enumeration, enumerate_pairs
from lpzero.fitness.batch import rank_statistics
from lpzero.fitness.strata import Pairs
from lpzero.formula import Formula
from lpzero.formula.branches import branches
from lpzero.formula.grammar import OVER_LAYERS
from lpzero.formula.sharded import ShardedEvaluator
from lpzero.operands.packed import Packed
from lpzero.progress import Watch, counting

AT_ONCE = 256
"""Branches that are evaluated between two words about how it goes."""


@dataclass(frozen=True)
class Ranked:
    """An enumeration, and how the rankings that it kept do on both parts.

    Attributes:
        branches: The branches.
        enumeration: What came of ranking all pairs on the search split.
        values: (classes, architectures) float64, scores on search, then validation; higher is better.
        tau_a: (classes,) on both parts together; NaN where a score is not finite, and where rules prune every member:
            such a ranking is a matter of round-off, or said by a smaller formula.
    """

    branches: tuple[Formula, ...]
    enumeration: Enumeration
    values: np.ndarray
    tau_a: np.ndarray

    def formula(self, index: int) -> Formula:
        """The representative of one class."""
        return self.enumeration.classes.formula(index, self.branches)


def rank_all(
    packed: Packed,
    quality: np.ndarray,
    *,
    searched: int,
    grammar: str,
    operands: Sequence[str],
    keep: int,
    jobs: int,
    device: str,
    watch: Watch,
    count: bool = True,
    counted: Pairs | None = None,
) -> Ranked:
    """Rank every pair of branches.

    Args:
        packed: The sketches of search, then validation.
        quality: (architectures,), higher is better.
        searched: Architectures of the search split.
        grammar: One of ``OVER_LAYERS``.
        operands: Names of the operands whose branches are enumerated.
        keep: Rankings of the search split that are looked at on both parts.
        jobs: Threads; the result does not depend on it.
        device: ``"cpu"`` or ``"cuda"``.
        watch: Told how it goes.
        count: Whether to count the different rankings.
        counted: (architectures, architectures) bool, the pairs that tau-a is over; None for all.

    Raises:
        InputError: There are too many architectures in the search split, or all have one quality.
        NoResultError: No formula ranks search and validation.
    """
    if len(np.unique(quality[:searched])) < 2:
        raise InputError("expected different qualities in the search split, found one: draw a larger split")
    found = branches(operands, OVER_LAYERS[grammar])
    scores = branch_scores(found, packed, device, watch)
    enumeration = enumerate_pairs(
        found,
        scores,
        quality,
        searched=searched,
        keep=keep,
        jobs=jobs,
        progress=counting(watch, "enumerating", "formulas"),
        device=device,
        count=count,
        counted=counted,
    )
    values = enumeration.classes.directed(scores)
    some = None if counted is None else torch.from_numpy(counted)
    tau_a = rank_statistics(torch.from_numpy(values), torch.from_numpy(quality), counted=some).tau_a.numpy()
    tau_a = np.where(enumeration.classes.refused, np.nan, tau_a)
    if np.isnan(tau_a).all():
        raise NoResultError("no formula ranks search and validation: draw larger splits")
    return Ranked(found, enumeration, values, tau_a)


def branch_scores(formulas: Sequence[Formula], packed: Packed, device: str, watch: Watch) -> np.ndarray:
    """The values of branches on sketches, (branches, architectures) float64.

    Raises:
        LpzeroError: Memory ran out.
    """
    evaluator = ShardedEvaluator(packed, device)
    scores = np.empty((len(formulas), packed.models))
    progress = counting(watch, "branches", "branches")
    with single_threaded():
        for first in range(0, len(formulas), AT_ONCE):
            some = evaluator.score_all(formulas[first : first + AT_ONCE])
            if some.exhausted.any():
                raise LpzeroError("memory ran out over the branches: draw smaller splits, or give fewer `elements`")
            scores[first : first + AT_ONCE] = some.values.cpu().numpy()
            progress(min(first + AT_ONCE, len(formulas)), len(formulas))
    return scores
