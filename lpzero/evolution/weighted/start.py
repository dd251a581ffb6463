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
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lpzero.evolution.judging import Judge
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


@dataclass(frozen=True)
class Seen:
    """Architectures whose quality is known.

    Attributes:
        quality: (architectures,), higher is better.
        groups: (architectures,), those of one model share a label.
        tables: (architectures,) int, the table of each, numbered from 0.
        counted: (architectures, architectures) bool, the pairs that tau-a is over; None for all of one table.
    """

    quality: np.ndarray
    groups: np.ndarray
    tables: np.ndarray
    counted: Pairs | None = None

    @classmethod
    def of_one(cls, quality: np.ndarray, groups: np.ndarray, counted: Pairs | None = None) -> Seen:
        """Those of one table."""
        return cls(quality, groups, np.zeros(len(quality), np.int64), counted)

    def part(self, places: np.ndarray) -> Seen:
        """Some of them."""
        counted = None if self.counted is None else self.counted[np.ix_(places, places)]
        return Seen(self.quality[places], self.groups[places], self.tables[places], counted)

    def judge(self, device: str) -> Judge:
        """What scores of them are compared with."""
        tables = torch.from_numpy(self.tables).to(device) if self.tables.any() else None
        counted = None if self.counted is None else torch.from_numpy(self.counted).to(device)
        return Judge(torch.from_numpy(self.quality).to(device), len(self.quality), counted, tables)


class Sample:
    """Some architectures on which sums grow.

    Args:
        values: (terms, architectures) of every enumerated term.
        seen: The architectures.
        worst: Whether the worst of several tables counts instead of their mean.
    """

    def __init__(self, values: Tensor, seen: Seen, *, worst: bool = False) -> None:
        device = str(values.device)
        self._values, self._figure = values, "least" if worst else "tau_a"
        self._labels = Labels.of(seen.quality, seen.groups, seen.tables).to(device)
        self._judge = seen.judge(device)

    def gains(self, chosen: Sequence[int]) -> Tensor:
        """Tau-a of the left-out predictions of a sum with each term in turn added, (terms,); -1 where it has none."""
        number = len(self._values)
        old = self._values[list(chosen)][None].expand(number, -1, -1)
        left_out = fit_weights(torch.cat([old, self._values[:, None]], 1), self._labels).left_out
        found = torch.tensor(self._judge.figures(left_out, self._judge.search)[self._figure], dtype=torch.float64)
        taus = torch.nan_to_num(found, nan=-1.0)
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
    seen: Seen,
    grammar: Grammar,
    rng: np.random.Generator,
    progress: Callable[[int, int], None],
    *,
    worst: bool = False,
) -> tuple[list[Formula], int]:
    """Sums for an evolution to start from.

    Args:
        evaluator: Gives terms their values on search and validation.
        seen: The architectures of the two.
        grammar: That of the sums.
        rng: Draws the samples.
        progress: Called with (selections done, selections to do).
        worst: Whether the worst of several tables counts instead of their mean.

    Returns:
        The stable sum and what it grew from, then those of all architectures, then one a sample, none twice; and how
        many terms were enumerated.
    """
    every = enumerated_terms(grammar)
    terms, values = usable(every, evaluator.score_all(every).values)
    whole = Sample(values, seen, worst=worst)
    samples = [Sample(values[:, some], seen.part(some), worst=worst) for some in _drawn(seen, rng)]
    selections = [samples, [whole], *([sample] for sample in samples)]
    grown: list[list[int]] = []
    for selection in selections:
        grown.append(grow(selection, grammar.terms))
        progress(len(grown), len(selections))
    stable, greedy, *others = grown
    prefixes = [path[:size] for path in (stable, greedy) for size in range(len(path), 0, -1)]
    sums = [plain_sum(terms[place] for place in path) for path in (*prefixes, *others)]
    return list(dict.fromkeys(sums)), len(every)


def _drawn(seen: Seen, rng: np.random.Generator) -> list[np.ndarray]:
    """Samples of architectures: 63 % of the models of each table, at least 4; without those that rank nothing."""
    found = []
    for _ in range(SAMPLES):
        parts = []
        for table in np.unique(seen.tables):
            labels = np.unique(seen.groups[seen.tables == table])
            size = min(len(labels), max(4, round(float(SHARE) * len(labels))))
            parts.append(np.flatnonzero(np.isin(seen.groups, rng.choice(labels, size=size, replace=False))))
        some = np.sort(np.concatenate(parts))
        judge = seen.part(some).judge("cpu")
        if judge.ranks(judge.search):
            found.append(some)
    return found
