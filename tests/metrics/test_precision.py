"""The number format of a metric: double precision on the model's own parameters, single where that is refused."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.metrics.metric import Computed
from lpzero.metrics.precision import in_format, precisely, replaced


def formats(model: nn.Module) -> set[torch.dtype]:
    return {tensor.dtype for tensor in (*model.parameters(), *model.buffers()) if tensor.is_floating_point()}


class Held(nn.Module):
    """Tensors in every place where a module can hold them."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.recurrent = nn.BatchNorm1d(4), nn.LSTM(4, 4, batch_first=True)
        self.plain, self.several = torch.ones(4), {"a": [torch.ones(4)]}
        self.recurrent.bias_hh_l0 = self.recurrent.bias_ih_l0
        self.config = SimpleNamespace(_experts_implementation_internal="grouped_mm")

    def forward(self, x: Tensor) -> Tensor:
        """A product of all of them, and of numbers that are made on the way."""
        y, _ = self.recurrent(self.norm(x).unsqueeze(0), (torch.zeros(1, 1, 4), torch.zeros(1, 1, 4)))
        return y * (self.plain @ self.several["a"][0])


def test_all_that_a_model_holds_has_the_format_and_is_put_back() -> None:
    model = Held().eval()
    tensors = [*model.parameters(), *model.buffers(), model.plain, model.several["a"][0]]
    before = [(id(tensor), tensor.data_ptr(), tensor.dtype, tensor.clone()) for tensor in tensors]
    x = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    single = model(x)
    with pytest.raises(ZeroDivisionError), in_format(model, torch.float64):
        assert formats(model) == {torch.float64}
        assert model.recurrent.bias_hh_l0 is model.recurrent.bias_ih_l0
        assert model.config._experts_implementation_internal == "eager"
        double = model(x.double())
        assert double.dtype == torch.float64
        torch.testing.assert_close(double.float(), single)
        raise ZeroDivisionError
    assert torch.get_default_dtype() == torch.float32
    assert model.config._experts_implementation_internal == "grouped_mm"
    after = [*model.parameters(), *model.buffers(), model.plain, model.several["a"][0]]
    for tensor, (identity, place, dtype, numbers) in zip(after, before, strict=True):
        assert (id(tensor), tensor.data_ptr(), tensor.dtype) == (identity, place, dtype)
        assert torch.equal(tensor, numbers)


def test_gradients_are_those_of_the_models_own_parameters() -> None:
    layer = nn.Linear(2, 1, bias=False)
    layer.weight.grad = torch.ones(1, 2)
    with in_format(layer, torch.float64):
        (gradient,) = torch.autograd.grad(layer(torch.tensor([[1.0, 2.0]])).sum(), layer.weight)
    assert gradient.dtype == torch.float64
    assert gradient.tolist() == [[1, 2]]
    assert layer.weight.grad.dtype == torch.float32


def test_numbers_are_replaced_for_a_while() -> None:
    tied = nn.Linear(2, 2, bias=False)
    model = nn.Sequential(tied, tied)
    weight = tied.weight.detach().clone()
    with replaced({tied.weight: torch.eye(2)}):
        assert model(torch.tensor([3.0, 4.0])).tolist() == [3, 4]
    assert torch.equal(tied.weight, weight)


def test_a_model_that_takes_double_precision_has_no_note() -> None:
    layer = nn.Linear(2, 2)
    assert precisely(layer, lambda: float(layer.weight.dtype == torch.float64)) == Computed(1.0)


def test_a_model_that_refuses_double_precision_is_computed_in_single_and_says_why() -> None:
    layer = nn.Linear(2, 2)
    wanted = "computed in float32: the model refuses float64 (RuntimeError: "
    found = precisely(layer, lambda: float(layer(torch.ones(1, 2, dtype=torch.float32)).numel()))
    assert found.value == 2
    assert found.note.startswith(wanted)
    assert formats(layer) == {torch.float32}


def test_an_error_that_another_format_would_not_mend_is_raised_at_once() -> None:
    layer, formats_seen = nn.Linear(2, 2), []

    def refuse() -> float:
        formats_seen.append(layer.weight.dtype)
        raise LpzeroError("expected another model")

    with pytest.raises(LpzeroError, match="expected another model"):
        precisely(layer, refuse)
    assert formats_seen == [torch.float64]

    def fail() -> float:
        formats_seen.append(layer.weight.dtype)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        precisely(layer, fail)
    assert formats_seen == [torch.float64, torch.float64, torch.float32]


def test_a_value_that_is_finite_in_single_precision_alone_is_given_with_a_note() -> None:
    layer = nn.Linear(2, 2)
    found = precisely(layer, lambda: math.nan if layer.weight.dtype == torch.float64 else 1.0)
    assert found == Computed(1.0, "computed in float32: in float64 it is nan")
    assert math.isinf(precisely(layer, lambda: math.inf).value)
    assert precisely(layer, lambda: math.inf).note == ""
