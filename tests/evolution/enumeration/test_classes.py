"""An enumeration against formulas evaluated, judged and pruned one by one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

from lpzero.errors import NoResultError
from lpzero.evolution.enumeration.classes import Enumeration, enumerate_pairs
from lpzero.fitness import correlate
from lpzero.formula import Formula, apply, canonical, parse
from lpzero.formula.grammar import ROOTS
from lpzero.formula.primitives import NAMES
from lpzero.formula.rules import pruned_by

SEARCHED, SEEN = 14, 20
BRANCHES = tuple(
    parse(text)
    for text in (
        "sum(l1(weight))",
        "mean(l1(weight))",
        "sum(frobenius(grad))",
        "sum(log(exp(std(head))))",
        "sum(mean(zscore(hidden)))",
    )
)


def scores() -> np.ndarray:
    made = np.random.default_rng(1).lognormal(size=(len(BRANCHES), SEEN))
    made[1] = made[0] ** 3  # ranks as the first one does
    return made


def qualities() -> np.ndarray:
    return scores()[0] + np.random.default_rng(2).normal(0.0, 0.8, size=SEEN)


def enumerated(keep: int = 1000) -> Enumeration:
    return enumerate_pairs(
        BRANCHES,
        scores(),
        qualities(),
        searched=SEARCHED,
        keep=keep,
        jobs=1,
        progress=lambda _done, _total: None,
    )


def every_formula() -> dict[tuple[str, int, int], Formula]:
    """The formulas of an enumeration one by one, by root and branches."""
    found = {("", i, i): branch for i, branch in enumerate(BRANCHES)}
    for root in ROOTS:
        for i in range(len(BRANCHES)):
            for j in range(i if NAMES[root][0].symmetry else 0, len(BRANCHES)):
                found[root, i, j] = canonical(apply(root, BRANCHES[i], BRANCHES[j]))
    return found


def values(root: str, i: int, j: int) -> np.ndarray:
    left, right = scores()[i], scores()[j]
    if not root:
        return left
    done: np.ndarray = NAMES[root][0].function(torch.from_numpy(left), torch.from_numpy(right)).numpy()
    return done


def test_formulas_classes_and_constants_are_counted_one_by_one() -> None:
    found = enumerated()

    rankings, constant = set(), 0
    for root, i, j in every_formula():
        part = values(root, i, j)[:SEARCHED]
        counts = np.sign(part[:, None] - part[None, :]).sum(1)
        constant += not counts.any()
        rankings.add(max(tuple(counts), tuple(-counts)))
    assert found.formulas == len(every_formula())
    assert found.constant == constant == len(BRANCHES)
    assert found.distinct == len(rankings - {(0,) * SEARCHED}) == len(found.classes)


def test_the_rules_are_counted_one_by_one() -> None:
    counted = Counter(pruned_by(formula) for formula in every_formula().values())
    del counted[None]

    assert enumerated().pruned == dict(counted)
    assert {"inverse", "constant", "self_pair"} <= set(counted)


def test_classes_are_the_best_with_their_smallest_unpruned_member() -> None:
    found = enumerated(keep=6).classes

    by_class: dict[tuple[int, ...], list[Formula]] = {}
    taus = {}
    for (root, i, j), formula in every_formula().items():
        part = values(root, i, j)[:SEARCHED]
        counts = tuple(np.sign(part[:, None] - part[None, :]).sum(1).astype(int))
        if any(counts):
            key = max(counts, tuple(-c for c in counts))
            by_class.setdefault(key, []).append(formula)
            taus[key] = abs(correlate(part, qualities()[:SEARCHED]).tau_a)
    assert np.abs(found.tau_a) == pytest.approx(sorted(taus.values(), reverse=True)[:6])
    for i in range(len(found)):
        formula = found.formula(i, BRANCHES)
        members = next(m for m in by_class.values() if formula in m)
        unpruned = [m for m in members if pruned_by(m) is None] or members
        assert found.members[i] == len(members)
        assert found.size[i] == formula.size == min(m.size for m in unpruned)
        assert found.refused[i] == (pruned_by(formula) is not None)


def test_directed_scores_are_those_of_the_representatives() -> None:
    found = enumerated(keep=50).classes

    directed = found.directed(scores())

    assert directed.shape == (len(found), SEEN)
    for i in range(len(found)):
        root = (*ROOTS, "")[found.root[i]]
        wanted = values(root, int(found.left[i]), int(found.right[i]))
        assert np.array_equal(directed[i], wanted if found.tau_a[i] >= 0 else -wanted)
        tau = correlate(directed[i, :SEARCHED], qualities()[:SEARCHED]).tau_a
        assert tau == pytest.approx(abs(found.tau_a[i]))


def test_what_the_validation_split_shows_changes_nothing() -> None:
    changed = qualities()
    changed[SEARCHED:] *= -1

    other = enumerate_pairs(
        BRANCHES, scores(), changed, searched=SEARCHED, keep=9, jobs=1, progress=lambda _done, _total: None
    )

    same = enumerated(keep=9).classes
    assert [other.classes.formula(i, BRANCHES) for i in range(9)] == [same.formula(i, BRANCHES) for i in range(9)]


def test_branches_that_rank_nothing_are_said() -> None:
    with pytest.raises(NoResultError, match="no formula ranks the search split"):
        enumerate_pairs(
            BRANCHES[:1], np.ones((1, 5)), np.arange(5.0), searched=5, keep=9, jobs=1, progress=lambda *_: None
        )
