"""The PyTorch functions of the primitives against numpy and scipy, with weights as copies, protected at its edge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special, stats
from torch import Tensor

from lpzero.formula import functions as f

numbers = st.floats(-50, 50).map(lambda x: round(x, 6))
rows = hnp.arrays(np.float64, st.tuples(st.just(2), st.integers(1, 8)), elements=numbers)

REDUCTIONS: list[tuple[Callable[..., Tensor], Callable[[np.ndarray], Any]]] = [
    (f.total, lambda x: x.sum(-1)),
    (f.numel, lambda x: np.full(x.shape[:-1], x.shape[-1])),
    (f.mean, lambda x: x.mean(-1)),
    (f.std, lambda x: x.std(-1)),
    (f.l1, lambda x: np.linalg.norm(x, 1, axis=-1)),
    (f.mean_abs, lambda x: np.abs(x).mean(-1)),
    (f.frobenius, lambda x: np.linalg.norm(x, axis=-1)),
    (f.maximum, lambda x: x.max(-1)),
    (f.minimum, lambda x: x.min(-1)),
    (f.first, lambda x: x[..., 0]),
    (f.last, lambda x: x[..., -1]),
]
NORMALISING: list[tuple[Callable[..., Tensor], Callable[[np.ndarray], Any]]] = [
    (f.zscore, lambda x: stats.zscore(x, axis=-1)),
    (f.min_max, lambda x: (x - x.min(-1, keepdims=True)) / np.ptp(x, axis=-1, keepdims=True)),
    (f.log_softmax, lambda x: special.log_softmax(x, axis=-1)),
    (f.softmax, lambda x: special.softmax(x, axis=-1)),
]
ELEMENTWISE: list[tuple[Callable[[Tensor], Tensor], Callable[[np.ndarray], Any]]] = [
    (f.identity, lambda x: x),
    (f.log, lambda x: np.log(np.maximum(x, 1e-12))),
    (f.abslog, lambda x: np.log(np.maximum(np.abs(x), 1e-12))),
    (f.absolute, np.abs),
    (f.square, np.square),
    (f.exp, np.exp),
    (f.relu, lambda x: np.maximum(x, 0)),
    (f.reciprocal, lambda x: np.divide(1.0, x, out=np.zeros_like(x), where=x != 0)),
    (f.sigmoid, special.expit),
    (f.sqrt, lambda x: np.sqrt(np.maximum(x, 0))),
    (f.neg, np.negative),
]


def named(pairs: list[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("function", "oracle"), pairs, ids=[one.__name__ for one, _ in pairs])


@named(REDUCTIONS)
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows)
def test_a_reduction_without_weights_is_numpys(
    function: Callable[..., Tensor], oracle: Callable[[np.ndarray], Any], x: np.ndarray
) -> None:
    np.testing.assert_allclose(function(torch.from_numpy(x), None).numpy(), oracle(x), rtol=1e-9, atol=1e-9)


@named(ELEMENTWISE)
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows)
def test_an_elementwise_function_is_numpys(
    function: Callable[[Tensor], Tensor], oracle: Callable[[np.ndarray], Any], x: np.ndarray
) -> None:
    before = torch.from_numpy(x.copy())
    np.testing.assert_allclose(function(before).numpy(), oracle(x), rtol=1e-9, atol=1e-12)
    assert np.array_equal(before.numpy(), x), "it wrote to its input"


@named(NORMALISING)
@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows)
def test_a_normalising_function_is_scipys_where_there_is_a_spread(
    function: Callable[..., Tensor], oracle: Callable[[np.ndarray], Any], x: np.ndarray
) -> None:
    found = function(torch.from_numpy(x), None).numpy()
    assert np.isfinite(found).all()
    spread = x.std(-1) > 1e-3
    if spread.any():
        np.testing.assert_allclose(found[spread], oracle(x[spread]), rtol=1e-6, atol=1e-9)
    if function in (f.zscore, f.min_max):
        assert (found[np.ptp(x, axis=-1) == 0] == 0).all()


@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows, data=st.data())
def test_weights_are_copies_and_zero_is_absence(x: np.ndarray, data: st.DataObject) -> None:
    copies = data.draw(hnp.arrays(np.int64, x.shape[1], elements=st.integers(0, 4)).filter(lambda w: w.sum() > 0))
    weights = torch.from_numpy(np.tile(copies, (2, 1)).astype(np.float64))
    repeated = torch.from_numpy(np.repeat(x, copies, axis=1))
    for function, _ in REDUCTIONS:
        wanted = function(repeated, None)
        torch.testing.assert_close(function(torch.from_numpy(x), weights), wanted, rtol=1e-9, atol=1e-8)
    for function, _ in NORMALISING:
        kept = function(torch.from_numpy(x), weights)[:, torch.from_numpy(copies) > 0]
        first = torch.from_numpy(np.cumsum(copies) - copies)[torch.from_numpy(copies) > 0]
        wanted = function(repeated, None)[:, first]
        # equal values are apart from their mean by its last bit, and that is divided by 1e-12 instead of by a spread
        spread = torch.from_numpy(np.ptp(repeated.numpy(), axis=-1) > 0)
        torch.testing.assert_close(kept[spread], wanted[spread], rtol=1e-6, atol=1e-6)
        bits = np.abs(x).max() * np.finfo(np.float64).eps / 1e-12
        torch.testing.assert_close(kept[~spread], wanted[~spread], rtol=1e-6, atol=1e-6 + 4 * bits)


def test_equal_values_by_weight_are_no_further_from_their_mean_than_it_is_exact() -> None:
    x, weights = torch.tensor([[1.789062, 0.0, 1.789062, 0.0]]).double(), torch.tensor([[2.0, 0.0, 4.0, 0.0]]).double()
    assert f.zscore(x, weights)[0, [0, 2]].abs().max() < 1e-3


@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(x=rows)
def test_a_division_is_one_away_from_zero_and_zero_at_zero(x: np.ndarray) -> None:
    y = x[:, ::-1].copy()
    found = f.div(torch.from_numpy(x), torch.from_numpy(y)).numpy()
    wanted = np.divide(x, y, out=np.zeros_like(x), where=y != 0)
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


def test_a_division_is_continuous_where_it_is_protected() -> None:
    y = torch.tensor([0.0, 1e-13, 1e-12, 1e-11], dtype=torch.float64)
    # below 1e-12 it falls linearly to zero: y / 1e-24
    np.testing.assert_allclose(f.div(torch.ones(4, dtype=torch.float64), y).numpy(), [0, 1e11, 1e12, 1e11])
    np.testing.assert_allclose(f.reciprocal(y).numpy(), [0, 1e11, 1e12, 1e11])
    np.testing.assert_allclose(f.reciprocal(-y).numpy(), [0, -1e11, -1e12, -1e11])


def test_single_precision_is_protected_as_well() -> None:
    zero = torch.zeros(3)
    for function in (f.log, f.abslog, f.reciprocal, f.sqrt):
        assert function(zero).isfinite().all()
    assert f.log(zero)[0] == pytest.approx(np.log(1e-12), rel=1e-6)
    assert f.div(torch.ones(3), zero).tolist() == [0, 0, 0]
    assert f.zscore(torch.ones(1, 3), None).tolist() == [[0, 0, 0]]


def test_first_and_last_of_nothing_are_not_numbers() -> None:
    x, none = torch.tensor([[1.0, 2.0, 3.0]]), torch.zeros(1, 3)
    assert f.first(x, torch.tensor([[0.0, 1.0, 0.0]])).tolist() == [2.0]
    assert f.last(x, torch.tensor([[1.0, 1.0, 0.0]])).tolist() == [2.0]
    assert f.first(x, none).isnan().all()
    assert f.last(x, none).isnan().all()
    assert f.first(torch.zeros(2, 0), None).isnan().all()
    assert f.last(torch.zeros(2, 0), torch.zeros(2, 0)).isnan().all()


def test_a_count_is_whole_whatever_its_weights_were_rounded_to() -> None:
    weights = torch.full((1, 3), 1 / 3)
    assert f.numel(torch.zeros(1, 3), weights).tolist() == [1.0]
    known = torch.full((2, 4), 0.25)
    known.counts = torch.tensor([7.0, 9.0], dtype=torch.float64)  # type: ignore[attr-defined]
    assert f.numel(torch.zeros(2, 4), known).tolist() == [7.0, 9.0]
    known.repeats = True  # type: ignore[attr-defined]
    # padding that repeats an element is left in
    assert f.maximum(torch.tensor([[1.0, 5.0, 2.0, 1.0]]), known).tolist() == [5.0]


def test_functions_that_need_axes_are_einsums() -> None:
    rng = np.random.default_rng(0)
    x, y = (torch.from_numpy(rng.normal(size=(2, 3, 4, 4))) for _ in range(2))
    torch.testing.assert_close(f.matmul(x, y), torch.einsum("bhik,bhjk->bhij", x, y))
    np.testing.assert_array_equal(f.max_tokens(x[:, 0]).numpy(), x[:, 0].numpy().max(1))
    np.testing.assert_array_equal(f.max_heads(x).numpy(), x.numpy().max(1))


def test_large_numbers_do_not_overflow_a_softmax() -> None:
    x = torch.tensor([[1000.0, 1000.0, -1000.0]])
    np.testing.assert_allclose(f.softmax(x, None).numpy(), [[0.5, 0.5, 0.0]])
    assert f.log_softmax(x, None).isfinite().all()
    # padding far above what is there neither overflows nor counts
    padded = f.softmax(torch.tensor([[0.0, 0.0, 500.0]]), torch.tensor([[1.0, 1.0, 0.0]]))
    np.testing.assert_allclose(padded[0, :2].numpy(), [0.5, 0.5])
