"""Evaluate a formula on the search and validation splits: rules first, then a handful, then everything.

The order follows LPZero (arXiv 2410.04808, section 3.3): rules cost nothing, the activeness check costs a few
architectures, and only what passes both is evaluated in full.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from lpzero.errors import InputError
from lpzero.evolve.individual import Evaluated, directed
from lpzero.fitness import Split, Status, judge
from lpzero.formula import Formula, canonical
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.rules import pruned_by
from lpzero.formula.values import SketchSource
from lpzero.operands.sketch import Sketch

HANDFUL = 6
INACTIVE = "inactive"


@dataclass(frozen=True)
class Evaluation:
    """How formulas are evaluated in one run.

    Attributes:
        handful: Evaluates on the first few architectures of the search split.
        everything: Evaluates on the search split, then the validation split.
        quality: (search + validation,) quality, higher is better, in that order.
        searched: How many of them are the search split.
    """

    handful: Evaluator
    everything: Evaluator
    quality: np.ndarray
    searched: int

    def __call__(self, formula: Formula) -> Evaluated:
        """Evaluate one formula in its canonical form: equal formulas give equal results in any order."""
        formula = canonical(formula)
        key = formula.text
        rule = pruned_by(formula)
        if rule is None and not _active(self.handful.scores(formula)):
            rule = INACTIVE
        if rule is not None:
            return Evaluated(key, formula, Status.PRUNED, rule)
        return self._in_full(key, formula)

    def _in_full(self, key: str, formula: Formula) -> Evaluated:
        try:
            scores = self.everything.scores(formula)
        except (torch.OutOfMemoryError, MemoryError):
            return Evaluated(key, formula, Status.OUT_OF_MEMORY)
        n = self.searched
        both = judge(scores, self.quality)
        search = judge(scores[:n], self.quality[:n])
        if both.correlation is None or search.correlation is None:
            failed = both if both.correlation is None else search
            return Evaluated(key, formula, failed.status)
        higher = search.correlation.tau_a >= 0
        validation = judge(scores[n:], self.quality[n:]) if len(scores) > n else None
        return Evaluated(
            key,
            formula,
            Status.OK,
            higher_is_better=higher,
            search=directed(search, higher),
            validation=None if validation is None else directed(validation, higher),
            both=directed(both, higher),
        )


def _active(scores: np.ndarray) -> bool:
    return bool(np.isfinite(scores).all()) and len(np.unique(scores)) > 1


def evaluation(sketches: Mapping[int, Sketch], quality: np.ndarray, parts: Split, device: str) -> Evaluation:
    """Prepare the evaluation of a run.

    Args:
        sketches: By index of the table's records, for search and validation.
        quality: (records,), higher is better.
        parts: The split; its test part is not touched.
        device: Where the sketches live.

    Raises:
        InputError: All records of the search split have the same quality.
    """
    seen = [*parts.search, *parts.validation]
    if len(np.unique(quality[list(parts.search)])) < 2:
        raise InputError("expected different qualities in the search split, found one: draw a larger split")
    return Evaluation(
        handful=Evaluator(SketchSource([sketches[i] for i in seen[:HANDFUL]], device)),
        everything=Evaluator(SketchSource([sketches[i] for i in seen], device)),
        quality=quality[seen],
        searched=len(parts.search),
    )
