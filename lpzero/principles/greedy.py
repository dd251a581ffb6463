"""The greedy choice of rules: each keeps most of the top and drops much of the rest, beyond what chance would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lpzero.principles.candidates import Candidates
from lpzero.principles.language.columns import Floats
from lpzero.principles.language.holds import Mask

Counts = npt.NDArray[np.floating[Any]]

PRICE = 4.0
"""Shrinking the records by a factor is worth losing the top by that factor's fourth root, where nobody says."""
PAIRED = 40
"""Conditions, the best ones, that pairs are made of."""
WORTH = 0.1
"""Gain below which a rule is not worth reading: that of dropping a tenth of the records, and nothing of the top."""
SHUFFLES = 500
LEVEL = 0.01
"""Chance that anything is chosen, in one step, where no rule tells the top from the rest.

It is low since such a rule filters: half of what is good may go by it, and a rule that is missed costs little.
"""
LIKE_ONE = 1e-9


@dataclass(frozen=True)
class Limits:
    """How far rules may go.

    Attributes:
        keep: Share of the top that stays, at least.
        max_shrink: Share of the space that may go, at most.
        floor: Share of the space that stays, at least, whatever ``max_shrink`` allows.
        most: Rules, at most.
        price: What losing the top by a factor costs, in factors that the records shrink by: 1 is the lift alone.
    """

    keep: float
    max_shrink: float
    floor: float
    most: int
    price: float = PRICE

    @property
    def least(self) -> float:
        """Share of the space that stays, at least."""
        return max(1 - self.max_shrink, self.floor)


def choose(
    found: Candidates, top: Mask, weights: Floats, limits: Limits, shuffles: np.random.Generator | None
) -> list[int]:
    """The places of the rules that are chosen, in the order of choice.

    In each step it is the rule with the most gain: ``log(records before / after) - price log(top before / after)``,
    within the limits. With ``shuffles`` it has to tell the top from the rest by more than the best of all rules does
    where the top is drawn at random from what is kept (maximum over all rules, Westfall and Young 1993), in 99 % of
    shuffles.

    Args:
        found: The rules.
        top: (records,), which are the top.
        weights: (records,), how often each counts: the copies of a resample.
        limits: How far they may go.
        shuffles: Source of randomness; None to take the gain for granted.
    """
    held = found.records.astype(np.float32)
    in_space = np.ones(found.drawn.shape[1], dtype=np.bool_)
    kept = np.ones(len(top), dtype=np.bool_)
    chosen: list[int] = []
    all_of_top = float(weights[top].sum())
    while len(chosen) < limits.most:
        here = (weights * kept).astype(np.float32)
        of_all, of_top = held @ here, held @ (here * top).astype(np.float32)
        n, k = float(here.sum()), float(here[top].sum())
        space = (found.drawn & in_space).mean(axis=1)
        allowed = (
            (of_top >= limits.keep * all_of_top - LIKE_ONE) & (space >= limits.least) & (of_all < n) & (of_top > 0)
        )
        if not allowed.any():
            break
        if shuffles is not None:
            allowed &= _standard(of_all, of_top, n, k) > _by_chance(held, kept, of_all, k, shuffles)
            if not allowed.any():
                break
        with np.errstate(divide="ignore", invalid="ignore"):
            gains = np.log(n / of_all) - limits.price * np.log(k / of_top)
        gains = np.where(allowed, gains, -np.inf)
        best = int(gains.argmax())
        if gains[best] < WORTH:
            break
        chosen.append(best)
        kept &= found.records[best]
        in_space &= found.drawn[best]
    return chosen


def _standard(of_all: Counts, of_top: Counts, n: float, k: float) -> Floats:
    """How many standard deviations more of the top a rule holds of than of the rest (hypergeometric)."""
    mean = of_all * k / n
    variance = mean * (1 - k / n) * (n - of_all) / max(1.0, n - 1)
    return np.asarray((of_top - mean) / np.sqrt(np.maximum(variance, LIKE_ONE)))


def _by_chance(held: Counts, kept: Mask, of_all: Counts, k: float, rng: np.random.Generator) -> float:
    """The 99 % quantile of the largest of these over all rules, where the top is drawn from what is kept."""
    places = np.flatnonzero(kept)
    shuffled = np.zeros((len(kept), SHUFFLES), dtype=np.float32)
    for draw in range(SHUFFLES):
        shuffled[rng.choice(places, size=round(k), replace=False), draw] = 1.0
    n = len(places)
    rules = (of_all > 0) & (of_all < n)
    largest = _standard(of_all[rules, None], held[rules] @ shuffled, n, k).max(axis=0, initial=0.0)
    return float(np.quantile(largest, 1 - LEVEL))


def paired(found: Candidates, top: Mask) -> Candidates:
    """The rules, and pairs of the conditions that tell the top from the rest best."""
    held = found.records.astype(np.float32)
    of_all, of_top = held.sum(axis=1), held[:, top].sum(axis=1)
    distance = _standard(of_all, of_top, len(top), int(top.sum()))
    return found.with_pairs(sorted(np.argsort(-distance, kind="stable")[:PAIRED].tolist()))
