"""Rank statistics of many score vectors at once, against scipy one at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import stats

from lpzero.errors import InputError
from lpzero.fitness import Status, correlate, judge
from lpzero.fitness.batch import correlation_over, rank_signatures, rank_statistics
from lpzero.fitness.strata import equal

FIGURES = ("tau_a", "tau_b", "rho", "distinct")

shapes = array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=12)
tied = st.integers(-3, 3).map(float)
free = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.property
@settings(max_examples=200, deadline=None)
@given(st.data(), st.sampled_from([tied, free]), st.sampled_from([tied, free]))
def test_agrees_with_one_vector_at_a_time(
    data: st.DataObject, score: st.SearchStrategy[float], quality: st.SearchStrategy[float]
) -> None:
    x = data.draw(arrays(np.float64, data.draw(shapes), elements=score))
    y = data.draw(arrays(np.float64, x.shape[1], elements=quality))
    if len(np.unique(y)) < 2:
        with pytest.raises(InputError, match="found a constant"):
            rank_statistics(torch.from_numpy(x), torch.from_numpy(y))
        return
    # one candidate a chunk, and all in one
    for pairs in (1, None):
        found = rank_statistics(torch.from_numpy(x), torch.from_numpy(y), pairs=pairs)
        assert found.finite.all()
        for i, row in enumerate(x):
            constant = len(np.unique(row)) < 2
            assert bool(found.constant[i]) == constant
            if constant:
                assert all(math.isnan(getattr(found, name)[i]) for name in ("tau_a", "tau_b", "rho"))
                assert float(found.distinct[i]) == 1 / len(row)
            else:
                expected = correlate(row, y)
                for name in FIGURES:
                    assert float(getattr(found, name)[i]) == pytest.approx(getattr(expected, name), abs=1e-12)


@pytest.mark.parametrize("decimals", [0, 1, 16])
def test_agrees_with_scipy_on_hundreds_of_architectures(decimals: int) -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=300).round(1)
    x = (y + rng.normal(size=(20, 300))).round(decimals)
    found = rank_statistics(torch.from_numpy(x), torch.from_numpy(y))
    for i, row in enumerate(x):
        assert float(found.tau_b[i]) == pytest.approx(stats.kendalltau(row, y).statistic, abs=1e-12)
        assert float(found.rho[i]) == pytest.approx(stats.spearmanr(row, y).statistic, abs=1e-12)
        assert float(found.tau_a[i]) == pytest.approx(correlate(row, y).tau_a, abs=1e-12)


def test_thousands_of_architectures_are_counted_too() -> None:
    # more pairs than float32 is trusted with
    y = np.arange(4100.0)
    x = np.random.default_rng(0).permutation(y)[None]
    found = rank_statistics(torch.from_numpy(x), torch.from_numpy(y))
    assert float(found.tau_a) == pytest.approx(correlate(x[0], y).tau_a, abs=1e-12)


def test_what_is_not_finite_has_no_figures_and_harms_no_other() -> None:
    y = torch.tensor([1.0, 2.0, 3.0])
    bad = [[1.0, math.nan, 2.0], [math.inf, 1.0, 2.0], [1.0, -math.inf, 2.0], [math.nan] * 3, [math.inf] * 3]
    found = rank_statistics(torch.tensor([*bad, [1.0, 2.0, 3.0]]), y)
    assert found.finite.tolist() == [False] * 5 + [True]
    assert not found.constant.any()
    assert all(getattr(found, name)[:5].isnan().all() for name in FIGURES)
    assert [float(getattr(found, name)[5]) for name in FIGURES] == pytest.approx([1.0] * 4)


statuses = st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, 1e-40, 2e-38, 1.0])


@pytest.mark.property
@settings(max_examples=300, deadline=None)
@given(arrays(np.float64, array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=4), elements=statuses))
def test_the_status_of_many_is_that_of_each(x: np.ndarray) -> None:
    found = rank_statistics(torch.from_numpy(x), torch.arange(x.shape[1]).double())
    for i, row in enumerate(x):
        status = judge(row, np.arange(x.shape[1], dtype=np.float64)).status
        assert bool(found.finite[i]) == (status not in (Status.NONFINITE, Status.OVERFLOW))
        assert bool(found.overflow[i]) == (status is Status.OVERFLOW)
        assert bool(found.constant[i]) == (status in (Status.CONSTANT, Status.UNDERFLOW))
        assert bool(found.vanishing[i]) == (status is Status.UNDERFLOW or not row.any())


def test_no_candidates_have_no_figures() -> None:
    found = rank_statistics(torch.zeros(0, 3), torch.arange(3.0))
    assert all(
        getattr(found, name).shape == (0,)
        for name in (*FIGURES, "finite", "overflow", "constant", "vanishing", "signature")
    )
    assert rank_signatures(torch.zeros(0, 3)).shape == (0,)


@pytest.mark.parametrize(
    ("scores", "quality", "words"),
    [
        (torch.zeros(3), torch.zeros(3), "of shape"),
        (torch.zeros(2, 1), torch.zeros(1), "at least 2 architectures"),
        (torch.zeros(2, 3, dtype=torch.int64), torch.zeros(3), "floating-point"),
        (torch.zeros(2, 3), torch.zeros(4), "one quality for each of 3"),
        (torch.zeros(2, 3), torch.tensor([1.0, math.nan, 2.0]), "finite quality"),
        (torch.zeros(2, 3), torch.zeros(3), "constant"),
    ],
)
def test_refuses_what_has_no_statistics(scores: torch.Tensor, quality: torch.Tensor, words: str) -> None:
    with pytest.raises(InputError, match=words):
        rank_statistics(scores, quality)


@pytest.mark.property
@settings(max_examples=200, deadline=None)
@given(st.data(), st.sampled_from([tied, st.integers(-400, 400).map(float)]))
def test_a_signature_stands_for_a_ranking_up_to_reversal(data: st.DataObject, score: st.SearchStrategy[float]) -> None:
    x = data.draw(arrays(np.float64, data.draw(shapes), elements=score))
    found = rank_signatures(torch.from_numpy(x), pairs=1)
    same = {"negated": -x, "scaled": 3 * x + 1, "curved": np.exp(x / 100), "reversed and curved": -np.arctan(x / 100)}
    for name, other in same.items():
        assert torch.equal(found, rank_signatures(torch.from_numpy(other))), name
    ranks = stats.rankdata(x, axis=1)
    canonical = [min(tuple(row), tuple(len(row) + 1 - row)) for row in ranks]
    assert len(set(canonical)) == len(found.unique())


def test_signatures_tell_permutations_apart_and_never_change() -> None:
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.permuted(np.tile(np.arange(50.0), (20_000, 1)), axis=1))
    found = rank_signatures(x)
    assert len(found.unique()) == 20_000
    assert torch.equal(found, rank_statistics(x, x[0].clone()).signature)
    # what was stored with a run has to be found again
    assert rank_signatures(torch.tensor([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]])).tolist() == [-5955576912504772496, 0]


@pytest.mark.cuda
def test_a_gpu_gives_the_same() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    rng = np.random.default_rng(0)
    y, x = torch.from_numpy(rng.normal(size=90)), torch.from_numpy(rng.normal(size=(500, 90)).round(1))
    here, there = rank_statistics(x, y), rank_statistics(x.cuda(), y.cuda())
    assert torch.equal(here.signature, there.signature.cpu())
    for name in FIGURES:
        assert torch.allclose(getattr(here, name), getattr(there, name).cpu(), rtol=0, atol=1e-12), name


def _directly(scores: np.ndarray, quality: np.ndarray, counted: np.ndarray) -> tuple[float, float]:
    """Tau-a and tau-b over the pairs that count, one pair at a time."""
    net = pairs = apart = different = 0
    for i in range(len(scores)):
        for j in range(i):
            if counted[i, j]:
                x, y = np.sign(scores[i] - scores[j]), np.sign(quality[i] - quality[j])
                net, pairs, apart, different = net + x * y, pairs + 1, apart + abs(x), different + abs(y)
    return net / pairs, net / np.sqrt(max(1, apart * different))


@pytest.mark.parametrize("n", [5, 40])
def test_some_pairs_are_counted_one_by_one(n: int) -> None:
    rng = np.random.default_rng(n)
    for values in (20, 3):
        scores, quality = rng.integers(0, values, (30, n)).astype(float), rng.integers(0, values, n).astype(float)
        quality[0] = quality[1] + 1
        counted = rng.random((n, n)) < 0.4
        counted = np.triu(counted, 1) | np.triu(counted, 1).T
        counted[0, 1] = counted[1, 0] = True
        found = rank_statistics(*map(torch.from_numpy, (scores, quality)), counted=torch.from_numpy(counted))
        whole = rank_statistics(*map(torch.from_numpy, (scores, quality)))
        for i, one in enumerate(scores):
            if len(np.unique(one)) > 1:
                assert (float(found.tau_a[i]), float(found.tau_b[i])) == pytest.approx(_directly(one, quality, counted))
        assert torch.equal(found.signature, whole.signature)
        assert torch.equal(found.rho, whole.rho)


def test_all_pairs_counted_is_none_given() -> None:
    rng = np.random.default_rng(0)
    scores, quality = torch.from_numpy(rng.normal(size=(20, 30))), torch.from_numpy(rng.normal(size=30))
    every = ~torch.eye(30, dtype=torch.bool)
    found, plain = rank_statistics(scores, quality, counted=every), rank_statistics(scores, quality)
    torch.testing.assert_close(found.tau_a, plain.tau_a)
    torch.testing.assert_close(found.tau_b, plain.tau_b)


def test_pairs_that_cannot_be_counted_are_refused() -> None:
    scores, quality = torch.rand(2, 5).double(), torch.arange(5.0).double()
    with pytest.raises(InputError, match=r"^expected a pair of architectures that counts, found none$"):
        rank_statistics(scores, quality, counted=torch.zeros(5, 5, dtype=torch.bool))
    with pytest.raises(InputError, match="which pairs of 5 architectures count"):
        rank_statistics(scores, quality, counted=torch.ones(4, 4, dtype=torch.bool))
    large = torch.rand(1, 1025).double()
    with pytest.raises(InputError, match="at most 1024 architectures"):
        rank_statistics(large, large[0], counted=torch.ones(1025, 1025, dtype=torch.bool))


def test_one_correlation_over_some_pairs() -> None:
    scores, quality = np.array([1.0, 2.0, 3.0, 0.0]), np.array([1.0, 2.0, 3.0, 4.0])
    counted = equal(np.array([1, 1, 1, 2]))
    found = correlation_over(scores, quality, counted)
    assert found is not None
    assert found.tau_a == 1.0
    assert correlation_over(scores, quality, None).tau_a == 0.0  # type: ignore[union-attr]
    assert correlation_over(scores, quality, np.zeros((4, 4), bool)) is None
    assert correlation_over(scores[:1], quality[:1], None) is None
    assert correlation_over(np.ones(4), quality, None) is None
