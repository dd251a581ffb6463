"""Recurrent cells: fused and written out, against PyTorch's modules and equations by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from lpzero.spaces.rnn.cells import Recurrence, fused_states, states_before
from lpzero.spaces.rnn.plan import GATES, CellKind

MODULES: dict[CellKind, type[nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "plain": nn.RNN}
EACH_CELL = pytest.mark.parametrize("cell", GATES)
WIDTH, INPUTS = 5, 3


def drawn(cell: CellKind, seed: int = 0) -> tuple[Recurrence, nn.Linear, Tensor]:
    """A cell, what enters it, and an input, with random numbers in double precision."""
    generator = torch.Generator().manual_seed(seed)
    recurrence, entering = Recurrence(cell, WIDTH), nn.Linear(INPUTS, len(GATES[cell]) * WIDTH)
    for parameter in (*recurrence.parameters(), *entering.parameters()):
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / 2
    x = torch.randn(2, 7, INPUTS, generator=generator, dtype=torch.float64)
    return recurrence.eval(), entering, x.requires_grad_()


def module_of(cell: CellKind, recurrence: Recurrence, entering: nn.Linear) -> nn.RNNBase:
    module = MODULES[cell](INPUTS, WIDTH, batch_first=True).double()
    weights = (entering.weight, recurrence.recurrent.weight, entering.bias, recurrence.recurrent.bias)
    with torch.no_grad():
        for parameter, weight in zip(module.parameters(), weights, strict=True):
            parameter.copy_(weight)
    return module


def gates_by_hand(cell: CellKind, recurrence: Recurrence, entering: nn.Linear, x: Tensor) -> list[dict[str, Tensor]]:
    """The gates of each token by the equations of PyTorch's documentation, the state beside them."""
    parts = len(GATES[cell])
    input_weights, input_biases = entering.weight.chunk(parts), entering.bias.chunk(parts)
    weights, biases = recurrence.recurrent.weight.chunk(parts), recurrence.recurrent.bias.chunk(parts)
    h = c = torch.zeros(len(x), WIDTH, dtype=x.dtype)
    found = []
    for token in range(x.shape[1]):
        a = [x[:, token] @ w.T + b for w, b in zip(input_weights, input_biases, strict=True)]
        b = [h @ w.T + one for w, one in zip(weights, biases, strict=True)]
        if cell == "lstm":
            i, f, o = (torch.sigmoid(a[k] + b[k]) for k in (0, 1, 3))
            g = torch.tanh(a[2] + b[2])
            c = f * c + i * g
            h = o * torch.tanh(c)
            gates = {"input": i, "forget": f, "cell": g, "output": o}
        elif cell == "gru":
            r, z = (torch.sigmoid(a[k] + b[k]) for k in (0, 1))
            n = torch.tanh(a[2] + r * b[2])
            h = (1 - z) * n + z * h
            gates = {"reset": r, "update": z, "candidate": n}
        else:
            h = torch.tanh(a[0] + b[0])
            gates = {"state": h}
        found.append({**gates, "behind": h})
    return found


@EACH_CELL
def test_fused_and_written_out_are_the_module_of_pytorch(cell: CellKind) -> None:
    recurrence, entering, x = drawn(cell)
    expected = module_of(cell, recurrence, entering)(x)[0]
    torch.testing.assert_close(fused_states(cell, x, entering, recurrence.recurrent), expected)
    torch.testing.assert_close(recurrence(x, entering), expected)
    with torch.no_grad():
        torch.testing.assert_close(recurrence(x, entering), expected)
    torch.testing.assert_close(recurrence.train()(x, entering), expected)


@EACH_CELL
def test_in_single_precision_the_two_ways_agree_as_well(cell: CellKind) -> None:
    recurrence, entering, x = drawn(cell)
    recurrence, entering, x = recurrence.float(), entering.float(), x.float()
    fused = fused_states(cell, x, entering, recurrence.recurrent)
    torch.testing.assert_close(recurrence(x, entering), fused, atol=1e-6, rtol=1e-5)


@EACH_CELL
def test_both_ways_have_the_gradients_of_the_module(cell: CellKind) -> None:
    recurrence, entering, x = drawn(cell)
    module = module_of(cell, recurrence, entering)
    by = (x, entering.weight, recurrence.recurrent.weight, entering.bias, recurrence.recurrent.bias)
    expected = torch.autograd.grad(module(x)[0].square().sum(), (x, *module.parameters()))
    for training in (False, True):
        recurrence.train(training)
        found = torch.autograd.grad(recurrence(x, entering).square().sum(), by)
        for one, other in zip(found, expected, strict=True):
            torch.testing.assert_close(one, other)


@EACH_CELL
def test_gates_are_shown_as_the_equations_have_them(cell: CellKind) -> None:
    recurrence, entering, x = drawn(cell)
    seen: dict[str, Tensor] = {}
    for name, gate in recurrence.gates.named_children():
        gate.register_forward_hook(lambda _m, _a, output, name=name: seen.update({name: output}))
    states = recurrence(x, entering)
    by_hand = gates_by_hand(cell, recurrence, entering, x)
    assert tuple(seen) == GATES[cell]
    for name, gate in seen.items():
        torch.testing.assert_close(gate, torch.stack([token[name] for token in by_hand], 1).detach())
    torch.testing.assert_close(states, torch.stack([token["behind"] for token in by_hand], 1))


@EACH_CELL
def test_the_loss_is_differentiated_by_a_gate_with_all_that_follows_from_it(cell: CellKind) -> None:
    recurrence, entering, x = drawn(cell)
    seen: dict[str, Tensor] = {}
    for name, gate in recurrence.gates.named_children():
        gate.register_forward_hook(lambda _m, _a, output, name=name: seen.update({name: output}))
    loss = recurrence(x, entering).pow(3).sum()
    found = torch.autograd.grad(loss, tuple(seen.values()))
    by_hand = gates_by_hand(cell, recurrence, entering, x)
    loss = torch.stack([token["behind"] for token in by_hand], 1).pow(3).sum()
    for name, gradient in zip(seen, found, strict=True):
        each = torch.autograd.grad(loss, [token[name] for token in by_hand], retain_graph=True)
        torch.testing.assert_close(gradient, torch.stack(each, 1))
        assert (gradient != 0).any()


@EACH_CELL
def test_it_can_be_differentiated_twice(cell: CellKind) -> None:
    recurrence, entering, x = drawn(cell)

    def states(x: Tensor) -> Tensor:
        found: Tensor = recurrence(x, entering)
        return found

    assert torch.autograd.gradgradcheck(states, (x[:1, :3].detach().requires_grad_(),))


def test_the_state_before_the_first_token_is_zero() -> None:
    states = torch.arange(12.0).view(2, 3, 2)
    before = states_before(states)
    assert (before[:, 0] == 0).all()
    assert torch.equal(before[:, 1:], states[:, :-1])
