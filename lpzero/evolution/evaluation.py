"""Evaluate formulas on the search and validation splits: rules first, then all that are left as one batch.

The order follows LPZero (arXiv 2410.04808, section 3.3): rules cost nothing; a formula whose scores are not finite or
do not vary on the first few architectures is inactive. A score costs most of its time in parts that formulas share,
and these are remembered, so that all architectures are scored at once and the activeness check looks at the first few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lpzero.errors import InputError
from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.judging import Columns, Judge, averaged
from lpzero.evolution.objective import Resamples, draw_resamples, lower_quantile
from lpzero.fitness import Correlation, Status
from lpzero.fitness.strata import Pairs
from lpzero.formula import Formula, canonical
from lpzero.formula.evaluate import MEMORY_LIMIT
from lpzero.formula.rules import pruned_by
from lpzero.formula.sharded import ScoresMany, ShardedEvaluator
from lpzero.operands.packed import Packed
from lpzero.operands.sketch import Sketch
from lpzero.seeds import derived_seed

HANDFUL = 6
HELD = 2**24
"""Scores that are held at once, 8 bytes each: of many formulas, so many are scored and judged before the next."""
INACTIVE = "inactive"


@dataclass(frozen=True)
class Evaluation:
    """How formulas are evaluated in one run.

    Attributes:
        evaluator: Evaluates on the search split, then the validation split.
        judge: What scores are compared with.
        resamples: Resamples of the search split; None for plain tau-a.
        quantile: Which quantile over the resamples is the objective.
        joint: Whether tau-a on both splits together is the objective instead.
        worst: Whether, of several tables, the objective is the least of them instead of their mean.
        rules: Whether rules prune formulas before they are evaluated.
        others: Evaluate on other initialisations of the same architectures.
        directed: Whether scores were fitted to qualities, so that a negative correlation is no direction but a failure.
    """

    evaluator: ScoresMany
    judge: Judge
    resamples: Resamples | None
    quantile: float
    joint: bool
    worst: bool = False
    rules: bool = True
    others: tuple[ScoresMany, ...] = ()
    directed: bool = False

    def __call__(self, formulas: Sequence[Formula]) -> list[Candidate]:
        """Evaluate formulas in their canonical form, in order.

        Equal formulas give equal results, whatever else is in the batch.
        """
        forms = [canonical(formula) for formula in formulas]
        rules = [pruned_by(form) if self.rules else None for form in forms]
        found: dict[int, Candidate] = {
            i: Candidate(form.text, form.size, Status.PRUNED, rule, form=form)
            for i, (form, rule) in enumerate(zip(forms, rules, strict=True))
            if rule is not None
        }
        left = [i for i, rule in enumerate(rules) if rule is None]
        some = max(1, HELD // (len(self.judge) * (1 + len(self.others))))
        for first in range(0, len(left), some):
            places = left[first : first + some]
            found |= zip(places, self._evaluated([forms[i] for i in places]), strict=True)
        return [found[i] for i in range(len(forms))]

    def scores(self, formula: Formula) -> np.ndarray:
        """The values of a formula, (architectures,) of search, then validation, as :meth:`.Judge.levelled` has them."""
        return self.judge.levelled(self.evaluator.scores(formula))

    def final(self, candidate: Candidate) -> Candidate:
        """The candidate as it is: nothing is fitted."""
        return candidate

    def _evaluated(self, forms: list[Formula]) -> list[Candidate]:
        """Score some formulas, and judge those for which memory sufficed."""
        drawn = [evaluator.score_all(forms) for evaluator in (self.evaluator, *self.others)]
        exhausted = np.any([scores.exhausted for scores in drawn], axis=0)
        found: list[Candidate] = [Candidate(form.text, form.size, Status.OUT_OF_MEMORY, form=form) for form in forms]
        kept = np.flatnonzero(~exhausted).tolist()
        if kept:
            values = [scores.values[kept] if exhausted.any() else scores.values for scores in drawn]
            for i, judged in zip(kept, self.judged([forms[i] for i in kept], values), strict=True):
                found[i] = judged
        return found

    def judged(self, forms: list[Formula], drawn: list[Tensor]) -> list[Candidate]:
        """What scores say of their formulas.

        Args:
            forms: In their canonical form.
            drawn: Of each initialisation, (formulas, architectures).
        """
        scores, *others = drawn
        judge, handful = self.judge, scores[:, :HANDFUL]
        active = torch.isfinite(handful).all(1) & (handful != handful[:, :1]).any(1)
        search = judge.figures(scores, judge.search)
        both = averaged([judge.figures(one, slice(None)) for one in (scores, *others)])
        validation = judge.figures(scores, judge.validation) if judge.ranks(judge.validation) else None
        objective = self._objective(scores[:, judge.search], search, both)
        columns: dict[str, list[Any]] = {"active": active.tolist(), "objective": objective}
        splits = {"search": search, "both": both} | ({} if validation is None else {"validation": validation})
        return [_verdict(form, i, columns, splits, directed=self.directed) for i, form in enumerate(forms)]

    def _objective(self, scores: Tensor, search: Columns, both: Columns) -> list[float]:
        tau_a: list[float] = search["tau_a"]
        if self.directed or self.joint:
            # the direction is that of the search split, as everywhere
            higher = [self.directed or tau >= 0 for tau in tau_a]
            upward, downward = ("least", "most") if self.worst else ("tau_a", "tau_a")
            return [both[upward][i] if up else -both[downward][i] for i, up in enumerate(higher)]
        if self.resamples is None:
            return [abs(tau) for tau in tau_a]
        direction = torch.tensor([1.0 if tau >= 0 else -1.0 for tau in tau_a], device=scores.device)
        taus = self.resamples.tau_a(scores) * direction[:, None]
        # without a correlation there is no objective either; a zero is never read
        found: list[float] = torch.nan_to_num(lower_quantile(taus, self.quantile)).double().tolist()
        return found


def _correlation(split: dict[str, list[Any]] | None, i: int, higher: bool) -> Correlation | None:
    if split is None or not split["finite"][i] or split["constant"][i]:
        return None
    correlation = Correlation(split["tau_b"][i], split["tau_a"][i], split["rho"][i], split["distinct"][i])
    return correlation if higher else correlation.flipped()


def _verdict(
    form: Formula, i: int, columns: dict[str, list[Any]], splits: dict[str, dict[str, list[Any]]], *, directed: bool
) -> Candidate:
    """What the figures of a batch say of its formula at place ``i``."""
    if not columns["active"][i]:
        return Candidate(form.text, form.size, Status.PRUNED, INACTIVE, form=form)
    search, both = splits["search"], splits["both"]
    if not both["finite"][i]:
        status = Status.OVERFLOW if both["overflow"][i] else Status.NONFINITE
        return Candidate(form.text, form.size, status, form=form)
    for one in (search, both):
        if one["constant"][i]:
            # an active formula varies: where its scores are 0, they vanished
            status = Status.UNDERFLOW if one["vanishing"][i] else Status.CONSTANT
            return Candidate(form.text, form.size, status, form=form)
    higher = directed or search["tau_a"][i] >= 0
    return Candidate(
        form.text,
        form.size,
        Status.OK,
        higher_is_better=higher,
        objective=columns["objective"][i],
        signature=search["signature"][i],
        search=_correlation(search, i, higher),
        validation=_correlation(splits.get("validation"), i, higher),
        both=_correlation(both, i, higher),
        form=form,
    )


def evaluation(
    sketches: Packed | Sequence[Sketch],
    quality: np.ndarray,
    searched: int,
    device: str,
    *,
    groups: np.ndarray | None = None,
    resamples: int = 0,
    quantile: float = 0.25,
    seed: int = 0,
    joint: bool = False,
    rules: bool = True,
    others: Sequence[Packed | Sequence[Sketch]] = (),
    directed: bool = False,
    counted: Pairs | None = None,
    tables: np.ndarray | None = None,
    worst: bool = False,
) -> Evaluation:
    """Prepare the evaluation of a run.

    Args:
        sketches: Of the search split, then of the validation split; packed, or one a model.
        quality: Of each, higher is better.
        searched: How many of them are the search split.
        device: Where the sketches live.
        groups: Of each; the same model has the same label. None where all are different.
        resamples: Bootstrap resamples of the objective, drawn from the seed; 0 for plain tau-a.
        quantile: Which quantile over the resamples is the objective, in (0, 1).
        seed: The run's.
        joint: Whether the objective is tau-a on both splits together; neither resamples nor quantile matter then.
        rules: Whether rules prune formulas before they are evaluated.
        others: For each other initialisation, the sketches of the same architectures.
        directed: Whether what is judged was fitted to qualities.
        counted: (architectures, architectures) bool, the pairs that correlations are over; None for all.
        tables: (architectures,) int, the table that each is of, numbered from 0; None where there is one.
        worst: Whether, of several tables, the objective is the least of them instead of their mean.

    Raises:
        InputError: All records of the search split, or of that of a table, have the same quality, or none of their
            pairs counts.
    """
    judge = Judge(
        torch.from_numpy(quality.astype(np.float64)).to(device),
        searched,
        None if counted is None else torch.from_numpy(counted).to(device),
        None if tables is None else torch.from_numpy(tables).to(device),
    )
    if not judge.ranks(judge.search):
        raise InputError("expected different qualities in the search split, found one: draw a larger split")
    drawn = None
    if resamples:
        labels = np.arange(searched) if groups is None else groups[:searched]
        rng = np.random.default_rng(derived_seed(seed, "resamples"))
        some = None if counted is None else counted[:searched, :searched]
        drawn = draw_resamples(quality[:searched], labels, resamples, rng, device, some)
    # what is remembered stays within one limit, however many initialisations there are
    memory = MEMORY_LIMIT // (1 + len(others))
    packed = [one if isinstance(one, Packed) else Packed.of_sketches(one) for one in (sketches, *others)]
    evaluator, *other_evaluators = (ShardedEvaluator(one, device, memory_limit=memory) for one in packed)
    return Evaluation(
        evaluator=evaluator,
        judge=judge,
        resamples=drawn,
        quantile=quantile,
        joint=joint,
        worst=worst,
        rules=rules,
        others=tuple(other_evaluators),
        directed=directed,
    )
