"""Every formula of a branch grammar, ranked on what a search may see: for ``enumerate`` and for ``evolve`` to start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from lpzero.engines import single_threaded
from lpzero.errors import InputError, NoResultError
from lpzero.evolve.enumerate import Enumeration, enumerate_pairs
from lpzero.fitness.batch import rank_statistics
from lpzero.formula import Formula
from lpzero.formula.branches import branches
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.grammar import OVER_LAYERS
from lpzero.formula.values import SketchSource
from lpzero.operands.sketch import Sketch

Counted = Callable[[str, int, int, str], None]


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
    sketches: Sequence[Sketch],
    quality: np.ndarray,
    *,
    searched: int,
    grammar: str,
    operands: Sequence[str],
    keep: int,
    jobs: int,
    device: str,
    counted: Counted,
    count: bool = True,
) -> Ranked:
    """Rank every pair of branches.

    Args:
        sketches: Of search, then validation.
        quality: (architectures,), higher is better.
        searched: Architectures of the search split.
        grammar: One of ``OVER_LAYERS``.
        operands: Names of the operands whose branches are enumerated.
        keep: Rankings of the search split that are looked at on both parts.
        jobs: Threads; the result does not depend on it.
        device: ``"cpu"`` or ``"cuda"``.
        counted: Called with (step, things done, things to do, what they are).
        count: Whether to count the different rankings.

    Raises:
        InputError: There are too many architectures in the search split, or all have one quality.
        NoResultError: No formula ranks search and validation.
    """
    if len(np.unique(quality[:searched])) < 2:
        raise InputError("expected different qualities in the search split, found one: draw a larger split")
    found = branches(operands, OVER_LAYERS[grammar])
    scores = branch_scores(found, SketchSource(sketches, device), counted)
    enumeration = enumerate_pairs(
        found,
        scores,
        quality,
        searched=searched,
        keep=keep,
        jobs=jobs,
        progress=lambda done, total: counted("enumerating", done, total, "formulas"),
        device=device,
        count=count,
    )
    values = enumeration.classes.directed(scores)
    tau_a = rank_statistics(torch.from_numpy(values), torch.from_numpy(quality)).tau_a.numpy()
    tau_a = np.where(enumeration.classes.refused, np.nan, tau_a)
    if np.isnan(tau_a).all():
        raise NoResultError("no formula ranks search and validation: draw larger splits")
    return Ranked(found, enumeration, values, tau_a)


def branch_scores(found: Sequence[Formula], source: SketchSource, counted: Counted) -> np.ndarray:
    """The values of branches on sketches, (branches, architectures) float64."""
    evaluator = Evaluator(source)
    scores = np.empty((len(found), source.models))
    with single_threaded():
        for i, branch in enumerate(found):
            scores[i] = evaluator.scores(branch)
            counted("branches", i + 1, len(found), "branches")
    return scores
