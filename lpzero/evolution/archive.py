"""What an evolution has met: keys of formulas and signatures of their ranks, and the formulas that it keeps.

A run meets millions of formulas. Of each one eight bytes of its text's hash are kept, so that none is evaluated
twice, and the signature of its ranks, so that a ranking enters a population once. In full are kept the best of every
size on the search split, from which the result is chosen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from lpzero.evolution.discovery.candidate import Candidate

KEPT = 100


def key_hash(text: str) -> int:
    """Eight bytes of a text's BLAKE2 hash: of a million texts, two share one with a probability of 3e-8."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little", signed=True)


@dataclass
class Numbers:
    """A set of 64-bit integers that grows: most of it a sorted array, which travels fast and takes 8 bytes each.

    Attributes:
        sorted: (n,) int64, those of before.
        fresh: Those added since.

    >>> numbers = Numbers()
    >>> numbers.add(3), numbers.add(3), 3 in numbers, 4 in numbers
    (True, False, True, False)
    """

    sorted: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    fresh: set[int] = field(default_factory=set)

    def __contains__(self, number: int) -> bool:
        if number in self.fresh:
            return True
        place = int(self.sorted.searchsorted(number))
        return place < len(self.sorted) and int(self.sorted[place]) == number

    def __len__(self) -> int:
        return len(self.sorted) + len(self.fresh)

    def add(self, number: int) -> bool:
        """Add a number; whether it is new."""
        if number in self:
            return False
        self.fresh.add(number)
        return True

    def settle(self) -> np.ndarray:
        """Sort what was added in: the sorted array of all."""
        if self.fresh:
            added = np.fromiter(self.fresh, dtype=np.int64, count=len(self.fresh))
            self.sorted = np.sort(np.concatenate([self.sorted, added]), kind="stable")
            self.fresh = set()
        return self.sorted


def keep_best(kept: Iterable[Candidate], added: Iterable[Candidate]) -> list[Candidate]:
    """The best of every size by objective, one for each ranking.

    Args:
        kept: What is kept so far.
        added: What is to be added, statuses ok.

    Returns:
        At most ``KEPT`` of each size; smaller ones first, of one size the better first. Where several have the same
        ranks, the smaller represents them, then the first by text.
    """
    by_ranks: dict[int | None, Candidate] = {}
    for candidate in (*kept, *added):
        other = by_ranks.get(candidate.signature)
        if other is None or candidate.rank < other.rank:
            by_ranks[candidate.signature] = candidate
    best: list[Candidate] = []
    number = last = 0
    for candidate in sorted(by_ranks.values(), key=_by_size):
        number = number + 1 if candidate.size == last else 1
        last = candidate.size
        if number <= KEPT:
            best.append(candidate)
    return best


def _by_size(candidate: Candidate) -> tuple[int, float, str]:
    assert candidate.objective is not None
    return candidate.size, -candidate.objective, candidate.key
