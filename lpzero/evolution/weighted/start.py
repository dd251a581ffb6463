"""Where an evolution of sums starts: forward selection among enumerated terms, and what of it is stable.

The terms are the branches of the grammar ``layered`` with one unary primitive, their logarithms, and what is enumerated
of the shape. A sum grows by the term that helps most; how much is the tau-a of left-out predictions. On one sample the
winner among a thousand terms owes much to luck. So samples of the architectures are drawn, each 63 % of them without a
repeat (as many different ones as a bootstrap resample has): the stable sum takes the term that helps most on the
average, and ends where less than half of the samples keep it, that is, gain by it (after Meinshausen & Buehlmann 2010,
J. R. Statist. Soc. B 72, who count how often a term is selected at all). What each sample selects by itself, and what
all architectures do, begins beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from lpzero.fitness.batch import rank_statistics
from lpzero.fitness.strata import Pairs
from lpzero.fitness.weights import Labels, fit_weights
from lpzero.formula.formula import Formula
from lpzero.formula.grammar import Grammar
from lpzero.formula.sharded import ShardedEvaluator
from lpzero.formula.terms import enumerated_terms, plain_sum

SAMPLES = 16
SHARE = 1 - np.exp(-1)
KEPT = 0.5


def usable(terms: Sequence[Formula], values: Tensor) -> tuple[list[Formula], Tensor]:
    """The terms that are finite and vary, and of those with the same values the first, with their values."""
    good = torch.isfinite(values).all(1) & (values != values[:, :1]).any(1)
    first: dict[bytes, int] = {}
    for place in torch.nonzero(good)[:, 0].tolist():
        first.setdefault(values[place].cpu().numpy().tobytes(), place)
    kept = sorted(first.values())
    return [terms[place] for place in kept], values[kept]


class Sample:
    """Some architectures on which sums grow.

    Args:
        values: (terms, architectures) of every enumerated term.
        quality: (architectures,), higher is better.
        groups: (architectures,), those of one model share a label.
        counted: (architectures, architectures) bool, the pairs that tau-a is over; None for all.
    """

    def __init__(self, values: Tensor, quality: np.ndarray, groups: np.ndarray, counted: Pairs | None = None) -> None:
        self._values = values
        self._counted = None if counted is None else torch.from_numpy(counted).to(values.device)
        self._labels = Labels.of(quality, groups).to(str(values.device))
        self._quality = torch.from_numpy(quality).to(values.device)

    def gains(self, chosen: Sequence[int]) -> Tensor:
        """Tau-a of the left-out predictions of a sum with each term in turn added, (terms,); -1 where it has none."""
        number = len(self._values)
        old = self._values[list(chosen)][None].expand(number, -1, -1)
        left_out = fit_weights(torch.cat([old, self._values[:, None]], 1), self._labels).left_out
        taus = torch.nan_to_num(rank_statistics(left_out, self._quality, counted=self._counted).tau_a, nan=-1.0)
        taus[list(chosen)] = -1.0
        return taus


def grow(samples: Sequence[Sample], most: int) -> list[int]:
    """Forward selection on some samples together.

    Args:
        samples: Of one set of terms.
        most: Terms at most.

    Returns:
        The places of the terms in their order, at least one: each the best on the average of the samples, the last one
        that at least half of them gain by.
    """
    chosen: list[int] = []
    before = torch.full((len(samples),), -torch.inf, dtype=torch.float64)
    while len(chosen) < most:
        gains = torch.stack([sample.gains(chosen).cpu() for sample in samples])
        best = int(gains.mean(0).argmax())
        if float((gains[:, best] > before).double().mean()) < KEPT:
            break
        chosen.append(best)
        before = gains[:, best]
    return chosen


def forward_sums(
    evaluator: ShardedEvaluator,
    quality: np.ndarray,
    groups: np.ndarray,
    grammar: Grammar,
    rng: np.random.Generator,
    counted: Pairs | None,
    progress: Callable[[int, int], None],
) -> tuple[list[Formula], int]:
    """Sums for an evolution to start from.

    Args:
        evaluator: Gives terms their values on search and validation.
        quality: (architectures,) of the two, higher is better.
        groups: (architectures,), those of one model share a label.
        grammar: That of the sums.
        rng: Draws the samples.
        counted: (architectures, architectures) bool, the pairs that tau-a is over; None for all.
        progress: Called with (selections done, selections to do).

    Returns:
        The stable sum and what it grew from, then those of all architectures, then one a sample, none twice; and how
        many terms were enumerated.
    """
    every = enumerated_terms(grammar)
    terms, values = usable(every, evaluator.score_all(every).values)
    whole = Sample(values, quality, groups, counted)
    pairs = np.ones((len(quality), len(quality)), bool) if counted is None else counted
    drawn = [_some(groups, rng) for _ in range(SAMPLES)]
    # a sample without a pair that counts says nothing
    drawn = [some for some in drawn if pairs[np.ix_(some, some)].any()]
    samples = [
        Sample(values[:, s], quality[s], groups[s], None if counted is None else counted[np.ix_(s, s)]) for s in drawn
    ]
    selections = [samples, [whole], *([sample] for sample in samples)]
    grown: list[list[int]] = []
    for selection in selections:
        grown.append(grow(selection, grammar.terms))
        progress(len(grown), len(selections))
    stable, greedy, *others = grown
    prefixes = [path[:size] for path in (stable, greedy) for size in range(len(path), 0, -1)]
    sums = [plain_sum(terms[place] for place in path) for path in (*prefixes, *others)]
    return list(dict.fromkeys(sums)), len(every)


def _some(groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A sample of architectures: 63 % of the models, at least 4."""
    labels = np.unique(groups)
    size = max(4, round(float(SHARE) * len(labels)))
    found: np.ndarray = np.flatnonzero(np.isin(groups, rng.choice(labels, size=min(size, len(labels)), replace=False)))
    return found
