"""Evaluate sums of terms: each term once, the weights of all sums together, and what each says of what is left out.

The correlations of a sum are those of its left-out predictions (:mod:`lpzero.fitness.weights`) on search and validation
together: no quality helps to rank its own architecture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.evaluation import Evaluation
from lpzero.fitness import Status
from lpzero.fitness.weights import Labels, fit_weights, padded_terms
from lpzero.formula import Formula
from lpzero.formula.sharded import Scores, ScoresMany
from lpzero.formula.terms import plain_sum, refused_term, terms_of
from lpzero.formula.weighted import weighted_sum

FITTED = 2**22
"""Numbers of terms that are fitted at once: sums times terms times architectures."""


@dataclass(frozen=True)
class WeightedEvaluation:
    """How sums are evaluated in one run.

    Attributes:
        plain: Judges left-out predictions; its evaluators give the terms their values.
        labels: What weights are fitted to: search, then validation.
    """

    plain: Evaluation
    labels: Labels

    def __call__(self, formulas: Sequence[Formula]) -> list[Candidate]:
        """Evaluate sums without weights, in order; equal sums give equal results, whatever else is in the batch."""
        forms = [plain_sum(terms_of(formula)) for formula in formulas]
        places: dict[Formula, int] = {}
        sums = [[places.setdefault(term, len(places)) for term in terms_of(form)] for form in forms]
        terms = list(places)
        rules = [refused_term(term) if self.plain.rules else None for term in terms]
        drawn = [evaluator.score_all(terms) for evaluator in self._evaluators]
        faults = [rule or _status(drawn, i) for i, rule in enumerate(rules)]
        found: dict[int, Candidate] = {}
        left: list[int] = []
        for i, (form, one) in enumerate(zip(forms, sums, strict=True)):
            fault = next((faults[place] for place in one if faults[place] is not None), None)
            if fault is None:
                left.append(i)
            elif isinstance(fault, Status):
                found[i] = Candidate(form.text, form.size, fault, form=form)
            else:
                found[i] = Candidate(form.text, form.size, Status.PRUNED, fault, form=form)
        some = max(1, FITTED // (len(self.plain.judge) * max(map(len, sums), default=1)))
        for first in range(0, len(left), some):
            part = left[first : first + some]
            values = [
                fit_weights(padded_terms(one.values, [sums[i] for i in part]), self.labels).left_out for one in drawn
            ]
            found |= zip(part, self.plain.judged([forms[i] for i in part], values), strict=True)
        return [found[i] for i in range(len(forms))]

    @property
    def _evaluators(self) -> tuple[ScoresMany, ...]:
        return self.plain.evaluator, *self.plain.others

    def scores(self, formula: Formula) -> np.ndarray:
        """The values of a sum with its weights, (architectures,), as :meth:`.Judge.levelled` has them."""
        terms, weights = self._fitted(formula)
        return self.plain.judge.levelled((weights @ terms).cpu().numpy())

    def final(self, candidate: Candidate) -> Candidate:
        """A candidate with its weights in the formula, fitted to search and validation."""
        terms, (_, weights) = terms_of(candidate.formula), self._fitted(candidate.formula)
        form = weighted_sum(weights.tolist(), terms)
        return replace(candidate, key=form.text, size=form.size, form=form)

    def _fitted(self, formula: Formula) -> tuple[Tensor, Tensor]:
        """The terms of a sum, (terms, architectures), and its weights, (terms,)."""
        values = self.plain.evaluator.score_all(terms_of(formula)).values
        return values, fit_weights(values[None], self.labels).weights[0]


def _status(drawn: Sequence[Scores], place: int) -> Status | None:
    """What is wrong with the values of a term; None where nothing is."""
    for scores in drawn:
        if scores.exhausted[place]:
            return Status.OUT_OF_MEMORY
        values = scores.values[place]
        if not bool(torch.isfinite(values).all()):
            return Status.NONFINITE if bool(values.isnan().any()) else Status.OVERFLOW
        if bool((values == values[0]).all()):
            return Status.CONSTANT
    return None
