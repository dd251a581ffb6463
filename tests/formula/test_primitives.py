"""Laws of every row of the primitives table."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lpzero.formula import functions
from lpzero.formula.grammar import PAPER_UNARY
from lpzero.formula.primitive import Primitive
from lpzero.formula.primitives import NAMES, PRIMITIVES
from lpzero.formula.values import SketchWeights

ROWS = [pytest.param(row, id=f"{row.kind}-{row.name}") for row in PRIMITIVES]
FLAT = [pytest.param(row, id=row.name) for row in PRIMITIVES if row.kind not in ("elementwise", "axes")]


def _probes(row: Primitive) -> list[Tensor]:
    """Zeros, negatives, constants, huge and tiny values inside the row's domain."""
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(2, 3, 4, 4, generator=generator)
    low, high = row.lowest, row.highest
    probes = [
        torch.zeros(2, 3, 4, 4),
        torch.ones(2, 3, 4, 4),
        -values.abs(),
        values,
        values * 1e-20,
        (values * high / 4).clamp(low, high),
        (values * low / 4).clamp(low, high),
    ]
    return probes if row.kind == "axes" else [probe.reshape(6, 16) for probe in probes]


def _call(row: Primitive, x: Tensor, w: Tensor | None = None) -> Tensor:
    if row.arity == 2:
        return row.function(x, x.flip(0))
    return row.function(x) if row.kind in ("elementwise", "axes") else row.function(x, w)


@pytest.mark.parametrize("row", ROWS)
def test_leaves_its_input_unchanged(row: Primitive) -> None:
    for probe in _probes(row):
        before = probe.clone()
        _call(row, probe)
        assert torch.equal(probe, before)


@pytest.mark.parametrize("row", ROWS)
def test_is_finite_on_its_domain(row: Primitive) -> None:
    for probe in _probes(row):
        assert torch.isfinite(_call(row, probe)).all()


@pytest.mark.parametrize("row", ROWS)
def test_has_the_shape_its_kind_says(row: Primitive) -> None:
    for probe in _probes(row):
        result = _call(row, probe)
        if row.kind in ("elementwise", "normalise"):
            assert result.shape == probe.shape
        elif row.kind != "axes":
            assert result.shape == probe.shape[:-1]


@pytest.mark.parametrize("row", FLAT)
def test_a_weight_counts_as_copies_and_zero_as_absence(row: Primitive) -> None:
    x = torch.randn(5, 6, generator=torch.Generator().manual_seed(1))
    weights = torch.tensor([1.0, 2.0, 3.0, 1.0, 0.0, 1.0]).expand(5, 6)
    spread = torch.cat([x[:, :1], x[:, 1:2].expand(5, 2), x[:, 2:3].expand(5, 3), x[:, 3:4], x[:, 5:]], dim=1)
    weighted, copied = row.function(x, weights), row.function(spread, None)
    if row.kind == "normalise":
        weighted, copied = weighted[:, [0, 3, 5]], copied[:, [0, 6, 7]]
    torch.testing.assert_close(weighted, copied)


@pytest.mark.parametrize("row", FLAT)
def test_weights_that_know_their_sums_change_no_bit(row: Primitive) -> None:
    x = torch.randn(40, 30, generator=torch.Generator().manual_seed(1))
    weights = 50 * torch.rand(40, 30, generator=torch.Generator().manual_seed(2))
    for i in range(40):
        # padding repeats the first element, and weighs nothing
        x[i, 30 - i % 7 :], weights[i, 30 - i % 7 :] = x[i, 0], 0.0
    assert torch.equal(row.function(x, weights), row.function(x, SketchWeights.of(weights)))


def test_the_papers_20_unary_and_4_binary_primitives_are_there() -> None:
    assert len(set(PAPER_UNARY)) == 20
    assert sorted(row.paper for row in PRIMITIVES if row.paper and row.kind != "aggregation") == list(range(1, 21))
    assert set(PAPER_UNARY) | {"add", "sub", "mul", "matmul"} <= set(NAMES)
    assert {r.name for r in PRIMITIVES if r.kind == "reduction"} >= {
        *("sum", "mean", "std", "l1", "frobenius", "max", "numel"),
    }
    assert {r.name for r in PRIMITIVES if r.kind == "aggregation"} == {"sum", "mean", "first", "last"}


def test_first_and_last_skip_padding() -> None:
    x = torch.tensor([[5.0, 1.0, 2.0, 7.0], [5.0, 1.0, 2.0, 7.0], [5.0, 1.0, 2.0, 7.0]])
    present = torch.tensor([[1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]])

    assert functions.first(x, present)[:2].tolist() == [5.0, 1.0]
    assert functions.last(x, present)[:2].tolist() == [7.0, 2.0]
    assert functions.first(x, None).tolist() == [5.0] * 3
    assert functions.last(x, None).tolist() == [7.0] * 3
    for function in (functions.first, functions.last):
        # a model without the operand has no first layer, which no number should say
        assert bool(function(x, present)[2].isnan())
        assert bool(function(x[:, :0], None).isnan().all())


def test_a_name_and_its_argument_type_pick_one_row() -> None:
    for name, rows in NAMES.items():
        levels = [level for row in rows for level in row.levels]
        assert len(levels) == len(set(levels)), name
        assert len({row.arity for row in rows}) == 1, name


@pytest.mark.parametrize(
    ("function", "oracle"),
    [
        (functions.std, lambda x: x.std(-1, correction=0)),
        (functions.frobenius, lambda x: torch.linalg.vector_norm(x, dim=-1)),
        (functions.l1, lambda x: torch.linalg.vector_norm(x, ord=1, dim=-1)),
        (functions.log_softmax, lambda x: torch.log_softmax(x, -1)),
        (functions.softmax, lambda x: torch.softmax(x, -1)),
        (functions.numel, lambda x: torch.full(x.shape[:-1], float(x.shape[-1]))),
    ],
)
def test_agrees_with_torch(function: object, oracle: object) -> None:
    x = torch.randn(4, 9, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(function(x, None), oracle(x))  # type: ignore[operator]
