"""Gradients that leave nothing behind."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from lpzero.operands.gradients import each_gradient, loss_gradients, reaching


@pytest.mark.parametrize("again", [False, True])
def test_gradients_are_those_of_backward_and_stay_nowhere(again: bool) -> None:
    line, spare = nn.Linear(3, 3), nn.Parameter(torch.ones(2, 2))
    x = torch.randn(4, 3, requires_grad=True)
    inner = x * 1.0
    parameters = [*line.parameters(), spare]
    line.bias.grad = torch.full((3,), 7.0)
    loss = (checkpoint(line, inner, use_reentrant=True) if again else line(inner)).square().sum()
    weight, at, nothing = loss_gradients(loss, [line.weight, inner, spare], parameters)
    wanted = torch.autograd.grad(line(inner).square().sum(), [line.weight, inner])
    torch.testing.assert_close((weight, at), wanted)
    assert not nothing.any()
    assert line.weight.grad is None
    assert torch.equal(line.bias.grad, torch.full((3,), 7.0))


@pytest.mark.parametrize("again", [False, True])
def test_each_gradient_is_handed_over_once_and_stays_nowhere(again: bool) -> None:
    line, spare = nn.Linear(3, 3), nn.Parameter(torch.ones(2, 2))
    x = torch.randn(4, 3, requires_grad=True)
    inner = x * 1.0
    line.weight.grad = torch.full((3, 3), 7.0)
    out = (checkpoint(line, inner, use_reentrant=True) if again else line(inner)) @ line.weight
    taken: dict[int, torch.Tensor] = {}
    (at,) = each_gradient(
        out.square().sum(), [line.weight, spare], [inner], [*line.parameters(), spare], taken.__setitem__
    )
    wanted = torch.autograd.grad((line(inner) @ line.weight).square().sum(), [line.weight, inner])
    torch.testing.assert_close((taken[0], at), wanted)
    assert not taken[1].any()
    assert torch.equal(line.weight.grad, torch.full((3, 3), 7.0))
    assert line.bias.grad is None
    assert not line.weight._post_accumulate_grad_hooks


def test_an_optimiser_that_steps_as_gradients_come_does_not_step() -> None:
    line = nn.Linear(3, 3)
    line.weight.register_post_accumulate_grad_hook(lambda weight: weight.data.zero_())  # type: ignore[no-untyped-call]
    taken: dict[int, torch.Tensor] = {}
    each_gradient(line(torch.ones(1, 3)).sum(), [line.weight], [], list(line.parameters()), taken.__setitem__)
    assert torch.equal(taken[0], torch.ones(3, 3))
    assert line.weight.any()


def test_calls_that_the_loss_does_not_depend_on_are_left_out() -> None:
    zero, one, two = torch.zeros(2), torch.ones(2), torch.tensor([0.0, -2.0])
    assert [float(kept.sum()) for kept in reaching([zero, one, zero, two])] == [2.0, -2.0]
    assert reaching([zero, zero])[0] is zero
    assert reaching([]) == []
