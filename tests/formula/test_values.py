"""Where operands come from: sketches of many models and the exact operands of one, through the same few operations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.formula import functions as f
from lpzero.formula.values import ExactSource, SiteRows, SketchSource, SketchWeights
from lpzero.operands.batch import Batch
from lpzero.operands.extract import Operands, extract
from lpzero.operands.matrices import LANES
from lpzero.operands.operand import OPERANDS
from lpzero.operands.sketch import Sketch, sketch


@pytest.fixture
def operands(tiny: Any, tokens: Batch) -> Operands:
    """The exact operands of the tiny model."""
    return extract(tiny, tiny.site_map(), tokens)


@pytest.fixture
def sketches(operands: Operands, tiny: Any, tokens: Batch) -> list[Sketch]:
    """Three models that differ in their weights."""
    found = [sketch(operands, elements=16, seed=0)]
    for factor in (2.0, -1.5):
        with torch.no_grad():
            for parameter in tiny.parameters():
                parameter.mul_(factor)
        found.append(sketch(extract(tiny, tiny.site_map(), tokens), elements=16, seed=0))
    return found


@pytest.mark.property
@settings(max_examples=15, deadline=None)
@given(data=st.data(), first=st.integers(0, 5), models=st.integers(1, 4), layers=st.integers(1, 4))
def test_the_sites_of_a_layer_add_up_wherever_the_models_begin(
    data: st.DataObject, first: int, models: int, layers: int
) -> None:
    cells = data.draw(st.lists(st.integers(0, models * layers - 1), max_size=12))
    values = np.random.default_rng(len(cells)).normal(size=len(cells))
    rows = SiteRows(torch.tensor(cells, dtype=torch.int64) + first * layers, models, layers, first)
    wanted = np.zeros(models * layers)
    np.add.at(wanted, cells, values)
    np.testing.assert_allclose(rows.gather(torch.from_numpy(values)).numpy(), wanted.reshape(models, layers))
    present = np.isin(np.arange(models * layers), cells).reshape(models, layers)
    assert rows.present.numpy().tolist() == present.tolist()


def test_weights_know_their_counts_and_every_operation_gives_a_plain_tensor() -> None:
    plain = torch.tensor([[1.0, 2.5, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    weights = SketchWeights.of(plain)
    # a half rounds to the even number
    assert weights.counts.tolist() == [4.0, 1.0]
    assert weights.repeats
    assert type(weights * 2) is torch.Tensor
    assert torch.equal(weights + 0, plain)
    assert SketchWeights.counted(plain, torch.tensor([9.0, 8.0])).counts.tolist() == [9.0, 8.0]


@pytest.mark.parametrize("name", list(OPERANDS))
def test_a_sketch_that_keeps_all_reduces_to_what_the_exact_tensors_do(operands: Operands, name: str) -> None:
    exact, sketched = ExactSource(operands), SketchSource([sketch(operands, elements=4096, seed=0)])
    one, other = exact.tensor(name), sketched.tensor(name)
    assert one.rows.cell.tolist() == other.rows.cell.tolist()
    for function in (f.total, f.std, f.l1, f.maximum, f.minimum, f.numel):
        torch.testing.assert_close(other.reduce(function), one.reduce(function), rtol=1e-4, atol=1e-5)
    for function in (f.zscore, f.softmax):
        torch.testing.assert_close(
            other.normalise(function).reduce(f.frobenius),
            one.normalise(function).reduce(f.frobenius),
            rtol=1e-4,
            atol=1e-5,
        )
    torch.testing.assert_close(
        other.elementwise(f.mul, other).reduce(f.total),
        one.elementwise(f.mul, one).reduce(f.total),
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.parametrize("part", [range(3), range(1), range(1, 3), range(2, 3)])
def test_some_models_in_a_row_have_the_bits_that_they_have_among_all(sketches: list[Sketch], part: range) -> None:
    everyone, some = SketchSource(sketches), SketchSource(sketches, part=part)
    assert (some.models, everyone.models) == (len(part), 3)
    for name in ("weight", "grad", "attention", "jacobian"):
        whole = everyone.tensor(name)
        value = some.tensor(name)
        assert len(value.values) % LANES == 0
        assert value.rows.models % LANES == 0
        gathered = [one.rows.gather(one.elementwise(f.exp).reduce(f.mean)) for one in (whole, value)]
        assert torch.equal(gathered[1][: len(part)], gathered[0][part.start : part.stop])


def test_operands_of_one_set_share_rows_and_weights(sketches: list[Sketch]) -> None:
    source = SketchSource(sketches)
    weight, grad, part = (source.tensor(name) for name in ("weight", "grad", "weight_operation"))
    assert weight.rows is grad.rows
    assert weight.weights is grad.weights
    assert part.rows is not weight.rows
    assert len(part.rows.cell) < len(weight.rows.cell)
    assert source.tensor("weight") is weight
    assert weight.nbytes == weight.values.numel() * 4


def test_a_sketch_stands_for_all_elements_of_the_tensor(operands: Operands) -> None:
    source = SketchSource([sketch(operands, elements=16, seed=0)])
    numbers = source.tensor("weight").reduce(f.numel)
    assert numbers.tolist() == [tensor.numel() for tensor in operands.tensors["weight"]]
    # extremes are kept
    assert source.tensor("weight").reduce(f.maximum).tolist() == pytest.approx(
        [float(tensor.max()) for tensor in operands.tensors["weight"]]
    )


def test_a_sketch_has_no_axes_and_exact_tensors_keep_theirs(operands: Operands) -> None:
    sketched = SketchSource([sketch(operands, elements=16, seed=0)]).tensor("hidden")
    with pytest.raises(TypeError, match="a sketch has no axes"):
        sketched.axes(f.max_tokens)
    exact = ExactSource(operands).tensor("hidden")
    for before, after in zip(exact.tensors, exact.axes(f.max_tokens).tensors, strict=True):
        np.testing.assert_array_equal(after.numpy(), before.numpy().max(-2))
    assert exact.nbytes == sum(tensor.numel() * 4 for tensor in exact.tensors)


def test_layers_are_those_of_the_sites_and_one_model_is_one_row(operands: Operands) -> None:
    value = ExactSource(operands).tensor("weight")
    assert (value.rows.models, value.rows.layers) == (1, operands.depth + 2)
    assert value.rows.cell.tolist() == [site.layer for site in operands.sites["parameter"]]
    gathered = value.rows.gather(value.reduce(f.numel))
    wanted = np.zeros(operands.depth + 2)
    for site, tensor in zip(operands.sites["parameter"], operands.tensors["weight"], strict=True):
        wanted[site.layer] += tensor.numel()
    assert gathered.tolist() == [wanted.tolist()]


def test_a_set_without_a_site_has_a_value_nowhere() -> None:
    rows = SiteRows(torch.zeros(0, dtype=torch.int64), 2, 3)
    assert not rows.present.any()
    assert rows.gather(torch.zeros(0)).tolist() == [[0.0] * 3] * 2
