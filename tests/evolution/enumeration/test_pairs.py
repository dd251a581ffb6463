"""Every pair of branches under every root, against the formula language and a direct count."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from lpzero.errors import InputError
from lpzero.evolution.enumeration import pairs
from lpzero.evolution.enumeration.lanes import LANES
from lpzero.evolution.enumeration.pairs import ALONE, PairSpace, RankedPairs, rank_pairs
from lpzero.fitness import correlate
from lpzero.formula.grammar import ROOTS
from lpzero.formula.primitives import NAMES

ARCHITECTURES = 12


def branch_scores(branches: int = 7) -> np.ndarray:
    """Scores with ties, a constant branch and one that is not finite."""
    scores = np.random.default_rng(3).normal(size=(branches, ARCHITECTURES))
    scores[1] = np.round(scores[1])
    scores[2] = 1.0
    scores[3, 4] = np.inf
    scores[4, 5] = 0.0
    return scores


def qualities() -> np.ndarray:
    return np.round(np.random.default_rng(4).normal(size=ARCHITECTURES), 1)


def ranked(scores: np.ndarray, *, jobs: int = 1) -> RankedPairs:
    return rank_pairs(scores, qualities(), jobs=jobs, progress=lambda _done, _total: None)


def value(scores: np.ndarray, root: int, left: int, right: int) -> np.ndarray:
    """The scores of a formula as its primitive gives them."""
    if root == ALONE:
        return scores[left]
    function = NAMES[ROOTS[root]][0].function
    done: np.ndarray = function(torch.from_numpy(scores[left]), torch.from_numpy(scores[right])).numpy()
    return done


def test_the_numbering_gives_every_formula_once() -> None:
    space = PairSpace(5)

    found = list(zip(*(part.tolist() for part in space.parts(np.arange(space.size))), strict=True))

    wanted = [(ALONE, i, i) for i in range(5)]
    for root, name in enumerate(ROOTS):
        turned = itertools.product(range(5), repeat=2)
        once = itertools.combinations_with_replacement(range(5), 2)
        wanted += [(root, i, j) for i, j in (once if NAMES[name][0].symmetry else turned)]
    assert sorted(found) == sorted(wanted)


def test_net_pairs_are_those_of_scipy_on_what_the_primitives_give() -> None:
    scores = branch_scores()
    found = ranked(scores)
    checked = 0
    for number, (root, left, right) in enumerate(zip(*found.space.parts(np.arange(found.space.size)), strict=True)):
        values = value(scores, root, left, right)
        if not np.isfinite(values).all() or len(np.unique(values)) < 2:
            assert (found.net[number], found.signature[number]) == (0, 0)
            continue
        every = ARCHITECTURES * (ARCHITECTURES - 1) / 2
        assert found.net[number] == round(correlate(values, qualities()).tau_a * every)
        checked += 1
    assert checked > 80


def test_signatures_are_equal_exactly_where_ranks_are_or_their_reverse() -> None:
    scores = branch_scores()
    scores[5] = -np.exp(scores[0])  # reversed ranks of branch 0
    found = ranked(scores)
    root, left, right = found.space.parts(np.arange(found.space.size))
    keys = {}
    for number in range(found.space.size):
        values = value(scores, root[number], left[number], right[number])
        if found.signature[number] == 0:
            continue
        counts = np.sign(values[:, None] - values[None, :]).sum(1)
        turned = counts if tuple(counts) > tuple(-counts) else -counts
        keys.setdefault(int(found.signature[number]), set()).add(tuple(turned))
    assert all(len(rankings) == 1 for rankings in keys.values())
    assert len({next(iter(rankings)) for rankings in keys.values()}) == len(keys)
    assert found.signature[found.space.pairs] == found.signature[found.space.pairs + 5]


def test_formulas_that_are_not_finite_are_counted() -> None:
    scores = branch_scores()

    found = ranked(scores)

    root, left, right = found.space.parts(np.arange(found.space.size))
    finite = [np.isfinite(value(scores, r, i, j)).all() for r, i, j in zip(root, left, right, strict=True)]
    assert found.nonfinite == len(finite) - sum(finite) > 0


def test_more_branches_than_lanes_and_any_number_of_threads_give_the_same() -> None:
    scores = np.random.default_rng(5).normal(size=(LANES + 9, ARCHITECTURES))

    one, three = ranked(scores), ranked(scores, jobs=3)

    assert np.array_equal(one.net, three.net)
    assert np.array_equal(one.signature, three.signature)
    last = one.space.pairs - 1
    values = value(scores, 3, len(scores) - 1, len(scores) - 1)
    assert len(np.unique(values)) == 1 or one.net[last] != 0


def on_tensors(scores: np.ndarray, device: str) -> RankedPairs:
    """The ranking as a CUDA device computes it."""
    space = PairSpace(len(scores))
    net, signature = np.zeros(space.size, np.int16), np.zeros(space.size, np.int64)
    agree = np.sign(qualities()[:, None] - qualities()[None, :]).astype(np.int64)
    rank_rows = pairs._cuda_worker(space, scores, agree, net, signature, device)
    nonfinite = rank_rows(range(len(scores)))
    return RankedPairs(space, net, signature, nonfinite)


def test_the_path_of_a_cuda_device_gives_what_the_compiled_loop_gives() -> None:
    scores = branch_scores()

    one, other = ranked(scores), on_tensors(scores, "cpu")

    assert np.array_equal(one.net[: one.space.pairs], other.net[: one.space.pairs])
    assert np.array_equal(one.signature[: one.space.pairs], other.signature[: one.space.pairs])


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_cuda_device_gives_what_the_compiled_loop_gives() -> None:
    scores = np.random.default_rng(5).normal(size=(300, ARCHITECTURES))

    one = ranked(scores)
    other = rank_pairs(scores, qualities(), jobs=1, progress=lambda _done, _total: None, device="cuda")

    assert np.array_equal(one.net, other.net)
    assert np.array_equal(one.signature, other.signature)


@pytest.mark.parametrize("architectures", [1, pairs.LARGEST_SPLIT + 1])
def test_a_split_that_16_bits_cannot_count_is_refused(architectures: int) -> None:
    with pytest.raises(InputError, match=r"expected scores of 2 to 256 architectures"):
        rank_pairs(np.zeros((2, architectures)), np.zeros(architectures), jobs=1, progress=lambda _done, _total: None)


def test_pairs_of_architectures_that_do_not_count_change_the_net_and_no_signature() -> None:
    scores, truth = branch_scores(), qualities()
    counted = np.random.default_rng(5).random((ARCHITECTURES, ARCHITECTURES)) < 0.3
    counted = np.triu(counted, 1) | np.triu(counted, 1).T
    found = rank_pairs(scores, truth, jobs=1, progress=lambda _done, _total: None, counted=counted)
    assert (found.signature == ranked(scores).signature).all()
    for number in range(found.space.size):
        root, left, right = (int(part[0]) for part in found.space.parts(np.array([number])))
        values = value(scores, root, left, right)
        if np.isfinite(values).all():
            order = np.sign(values[:, None] - values) * np.sign(truth[:, None] - truth) * counted
            assert found.net[number] == order.sum() / 2
