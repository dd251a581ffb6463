"""Enumerate the paper's grammar and its branches: every formula ranked, equal ranks merged and counted, the best kept.

A formula is counted once however its two branches are ordered under a root that then gives the same value, or its
negative, which is the same formula with the other direction. Formulas that rank the search split alike, whichever way
round, are one *class* of formulas; a class is represented by a member that no rule prunes where there is one, then by
the smallest.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from lpzero.errors import NoResultError
from lpzero.evolution.enumeration.pairs import ALONE, OF_TWO, RankedPairs, rank_pairs
from lpzero.fitness.strata import Pairs
from lpzero.formula import Formula, apply, canonical
from lpzero.formula.grammar import ROOTS
from lpzero.formula.primitives import ROWS
from lpzero.formula.rules import RULES, pruned_by

_RULE_INDEX = {rule.name: i for i, rule in enumerate(RULES)}
KEPT = len(RULES)
SHARES = 8
"""Formulas are counted in so many shares, a power of two, as counting takes copies."""


@dataclass(frozen=True)
class Classes:
    """Formulas that no two of which rank the search split alike, the best first.

    Attributes:
        root: (classes,) int64, index of ``ROOTS``, ``ALONE`` for a branch.
        left, right: (classes,) int64, the branches of the representative; equal for a branch alone.
        size: (classes,) int64, nodes of the representative.
        tau_a: (classes,) on the search split, on sketches; negative where lower scores are better.
        members: (classes,) int64, formulas of each class.
        refused: (classes,) bool, whether a rule prunes the representative, and so every member.
    """

    root: np.ndarray
    left: np.ndarray
    right: np.ndarray
    size: np.ndarray
    tau_a: np.ndarray
    members: np.ndarray
    refused: np.ndarray

    def __len__(self) -> int:
        return len(self.root)

    def formula(self, index: int, branches: Sequence[Formula]) -> Formula:
        """The representative of one class, in its canonical form."""
        root, left, right = int(self.root[index]), branches[self.left[index]], branches[self.right[index]]
        return left if root == ALONE else canonical(apply(ROOTS[root], left, right))

    def directed(self, scores: np.ndarray) -> np.ndarray:
        """The scores of every representative, higher is better.

        Args:
            scores: (branches, architectures) float64.

        Returns:
            (classes, architectures) float64.
        """
        left, right = torch.from_numpy(scores[self.left]), torch.from_numpy(scores[self.right])
        made = left.clone()
        for root, name in enumerate(ROOTS):
            rows = torch.from_numpy(self.root == root)
            made[rows] = ROWS[name, "scalar"].function(left[rows], right[rows])
        signs = torch.from_numpy(np.where(self.tau_a < 0, -1.0, 1.0))
        done: np.ndarray = (made * signs[:, None]).numpy()
        return done


@dataclass(frozen=True)
class Enumeration:
    """What an enumeration found.

    Attributes:
        formulas: Number of formulas ranked.
        nonfinite: How many of them have a score that is not finite on the search split.
        constant: How many give all architectures of it one score.
        distinct: Number of classes of the others; None where they were not counted.
        pruned: Number of formulas that each rule would have refused, by the first rule that does.
        classes: The classes with the highest absolute tau-a on the search split.
        seconds: Time that ranking and counting took.
    """

    formulas: int
    nonfinite: int
    constant: int
    distinct: int | None
    pruned: dict[str, int]
    classes: Classes
    seconds: float


def enumerate_pairs(
    branches: Sequence[Formula],
    scores: np.ndarray,
    quality: np.ndarray,
    *,
    searched: int,
    keep: int,
    jobs: int,
    progress: Callable[[int, int], None],
    device: str = "cpu",
    count: bool = True,
    counted: Pairs | None = None,
) -> Enumeration:
    """Rank every pair of branches under every root on the search split.

    Args:
        branches: Distinct scalars.
        scores: (branches, architectures) float64: their values, the search split first.
        quality: (architectures,), higher is better.
        searched: Architectures of the search split; what lies behind them ranks nothing here.
        keep: Classes to keep.
        jobs: Threads.
        progress: Called with (formulas done, formulas to do).
        device: ``"cpu"`` or ``"cuda"``.
        count: Whether to count the classes, which takes as long as the ranking.
        counted: (architectures, architectures) bool, the pairs that tau-a is over, the search split first; None for
            all.

    Raises:
        NoResultError: No formula ranks the search split.
    """
    started = time.monotonic()
    some = None if counted is None else counted[:searched, :searched]
    ranked = rank_pairs(
        scores[:, :searched], quality[:searched], jobs=jobs, progress=progress, device=device, counted=some
    )
    distinct = distinct_count(ranked.signature, jobs) if count else None
    seconds = time.monotonic() - started
    if not ranked.signature.any():
        raise NoResultError("no formula ranks the search split: draw a larger one")
    rules = np.array([_RULE_INDEX.get(pruned_by(branch) or "", KEPT) for branch in branches])
    return Enumeration(
        formulas=ranked.space.size,
        nonfinite=ranked.nonfinite,
        constant=int((ranked.signature == 0).sum()) - ranked.nonfinite,
        distinct=distinct,
        pruned=pruned_counts(branches, rules),
        classes=_classes(branches, rules, ranked, _number(searched, some), keep),
        seconds=seconds,
    )


def distinct_count(signature: np.ndarray, jobs: int) -> int:
    """Number of different signatures other than 0, (formulas,) int64, without a second copy of all of them."""
    # a byte from the middle: the last bits of a signature are the same for most rankings
    share_of = signature.view(np.uint8).reshape(-1, 8)[:, 4] & (SHARES - 1)

    def distinct(share: int) -> int:
        found = np.sort(signature[share_of == share])
        return int((found[1:] != found[:-1]).sum()) + bool(len(found))

    with ThreadPoolExecutor(jobs) as pool:
        return sum(pool.map(distinct, range(SHARES))) - bool((signature == 0).any())


def pruned_counts(branches: Sequence[Formula], rules: np.ndarray) -> dict[str, int]:
    """How many formulas each rule refuses first.

    Args:
        branches: The branches.
        rules: (branches,) int, index in ``RULES`` of the first rule that refuses the branch, ``KEPT`` for none.

    Returns:
        By the name of the rule, only those that refuse any.
    """
    counts: Counter[str] = Counter()
    for index, rule in enumerate(RULES):
        # pairs of two branches whose first rule is this one: none before it in either, it in at least one
        at_least, beyond = int((rules >= index).sum()), int((rules > index).sum())
        pairs = (at_least * (at_least - 1) - beyond * (beyond - 1)) // 2
        counts[rule.name] += pairs * OF_TWO + int((rules == index).sum())
    for branch in branches:
        for root in ROOTS:
            rule_name = pruned_by(canonical(apply(root, branch, branch)))
            if rule_name is not None:
                counts[rule_name] += 1
    return {name: number for name, number in counts.items() if number}


def _number(searched: int, counted: Pairs | None) -> int:
    """How many pairs count."""
    return searched * (searched - 1) // 2 if counted is None else int(counted.sum()) // 2


def _classes(branches: Sequence[Formula], rules: np.ndarray, ranked: RankedPairs, pairs: int, keep: int) -> Classes:
    numbers = _top(ranked, keep)
    root, left, right = ranked.space.parts(numbers)
    sizes = np.array([branch.size for branch in branches])
    size = np.where(root == ALONE, sizes[left], 1 + sizes[left] + sizes[right])
    refused = np.minimum(rules[left], rules[right]) < KEPT
    same = np.flatnonzero((left == right) & (root != ALONE))
    refused[same] = [
        pruned_by(canonical(apply(ROOTS[root[i]], branches[left[i]], branches[left[i]]))) is not None for i in same
    ]
    signatures, members = np.unique(ranked.signature[numbers], return_inverse=True)
    order = np.lexsort((numbers, size, refused, members))
    first = order[np.searchsorted(members[order], np.arange(len(signatures)))]
    first = first[np.lexsort((numbers[first], size[first], -np.abs(ranked.net[numbers[first]])))][:keep]
    return Classes(
        root=root[first],
        left=left[first],
        right=right[first],
        size=size[first],
        tau_a=ranked.net[numbers[first]] / pairs,
        members=np.bincount(members)[members[first]],
        refused=refused[first],
    )


def _top(ranked: RankedPairs, keep: int) -> np.ndarray:
    """Numbers of all formulas of at least the ``keep`` best classes, of all classes where there are fewer."""
    strength = np.abs(ranked.net)
    strength[ranked.signature == 0] = -1
    counts = np.zeros(int(strength.max()) + 1, np.int64)
    for part in np.array_split(strength, SHARES):
        # counted as 64-bit numbers
        counts += np.bincount(part[part >= 0], minlength=len(counts))
    # classes are fewer than formulas: begin where there are enough formulas, and go on down until classes suffice
    reached = np.cumsum(counts[::-1])[::-1]
    least = int(np.flatnonzero(reached >= min(keep, reached[0]))[-1])
    while True:
        numbers = np.flatnonzero(strength >= least)
        if least == 0 or len(np.unique(ranked.signature[numbers])) >= keep:
            return numbers
        least -= 1
