"""Recurrent cells over whole sequences: the fused kernels of PyTorch, and the same cells written out with their gates.

The equations and the order of the weights are those of ``torch.nn.LSTM``, ``torch.nn.GRU`` and ``torch.nn.RNN``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.spaces.models.weights import Linear
from lpzero.spaces.rnn.plan import GATES, CellKind


def fused_states(cell: CellKind, x: Tensor, entering: nn.Linear, recurrent: nn.Linear) -> Tensor:
    """The states of a cell by the fused kernel of PyTorch.

    Args:
        cell: Its kind.
        x: (batch, tokens, inputs).
        entering: From the input to the gates.
        recurrent: From the state before to the gates.

    Returns:
        (batch, tokens, width): the state behind each token; before the first it is 0.
    """
    start = x.new_zeros(1, x.shape[0], recurrent.in_features)
    weights = [entering.weight, recurrent.weight, entering.bias, recurrent.bias]
    # with biases, one layer, no dropout, no training of it, one direction, the batch first
    rest: tuple[Any, ...] = (weights, True, 1, 0.0, False, False, True)
    if cell == "lstm":
        states: Tensor = torch.lstm(x, (start, start), *rest)[0]
        return states
    kernel = torch.gru if cell == "gru" else torch.rnn_tanh
    return kernel(x, start, *rest)[0]


def gate_outputs(
    cell: CellKind, entering: Tensor, recurrent: Tensor, slack: Sequence[Tensor] | None = None
) -> tuple[Tensor, ...]:
    """What the gates of a cell let through.

    Args:
        cell: Its kind.
        entering: (..., gates x width), what the input gives the gates.
        recurrent: (..., gates x width), what the state before the token gives them.
        slack: For each gate (..., width), added to it before anything follows from it; None for nothing.

    Returns:
        For each name of ``GATES`` a tensor (..., width), behind its non-linearity.
    """
    number = len(GATES[cell])
    from_input, from_state = entering.chunk(number, dim=-1), recurrent.chunk(number, dim=-1)

    def gate(index: int, argument: Tensor, *, squashed: bool = False) -> Tensor:
        value = argument.tanh() if squashed else argument.sigmoid()
        return value if slack is None else value + slack[index]

    if cell == "gru":
        reset, update = (gate(i, from_input[i] + from_state[i]) for i in range(2))
        return reset, update, gate(2, from_input[2] + reset * from_state[2], squashed=True)
    # the new content of an LSTM's memory, and all that a plain cell has
    squashed = 2 if cell == "lstm" else 0
    return tuple(gate(i, from_input[i] + from_state[i], squashed=i == squashed) for i in range(number))


def next_state(cell: CellKind, gates: Sequence[Tensor], state: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
    """One step of a cell: the state and the memory (only an LSTM has one) behind a token.

    Args:
        cell: Its kind.
        gates: As :func:`gate_outputs` gives them, (batch, width) each.
        state: (batch, width), before the token.
        memory: (batch, width), likewise.
    """
    if cell == "lstm":
        taken, kept, new, shown = gates
        memory = kept * memory + taken * new
        return shown * memory.tanh(), memory
    if cell == "gru":
        _, update, candidate = gates
        return candidate + update * (state - candidate), memory
    return gates[0], memory


def states_before(states: Tensor) -> Tensor:
    """The state that enters each token, of those behind each, (batch, tokens, width): 0 at the first."""
    return nn.functional.pad(states, (0, 0, 1, -1))


class Shown(nn.Module):
    """A gate of all tokens, where a hook can see it: a leaf that the loss can be differentiated by."""

    def forward(self, gate: Tensor) -> Tensor:
        """(batch, tokens, width) to the same values, cut from what they were computed of."""
        return gate.detach().requires_grad_()


class Gates(nn.Module):
    """The gates of a cell, a child each by its name."""

    def __init__(self, cell: CellKind) -> None:
        super().__init__()
        for name in GATES[cell]:
            self.add_module(name, Shown())

    def forward(self, gates: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """(batch, tokens, width) each, shown."""
        return tuple(show(gate) for show, gate in zip(self.children(), gates, strict=True))


class Recurrence(nn.Module):
    """The part of a layer that looks back: the weights from the state before a token to the gates, and the gates.

    Args:
        cell: Kind of the cell.
        width: Its units.
    """

    def __init__(self, cell: CellKind, width: int) -> None:
        super().__init__()
        self.cell = cell
        self.recurrent = Linear(width, len(GATES[cell]) * width)
        self.gates = Gates(cell)

    def forward(self, x: Tensor, entering: nn.Linear) -> Tensor:
        """The states behind each token, (batch, tokens, width).

        A pass that is trained, or that nobody differentiates, runs the fused kernel and shows no gates. Any other is
        written out, a step a token: its gates can be seen and the loss differentiated by them, as often as one likes.

        Args:
            x: (batch, tokens, inputs).
            entering: From the input to the gates.
        """
        if self.training or not torch.is_grad_enabled():
            return fused_states(self.cell, x, entering, self.recurrent)
        return self._written_out(entering(x), self._slack(x, entering))

    def _slack(self, x: Tensor, entering: nn.Linear) -> tuple[Tensor, ...]:
        """For each gate zeros (batch, tokens, width) that are differentiated as the gate itself, which is shown.

        Given the states the gates of all tokens are one product. The gradient by a gate is that of all that follows
        from it, later gates included, since the zeros are added in each step.
        """
        with torch.no_grad():
            before = states_before(fused_states(self.cell, x, entering, self.recurrent))
            gates = gate_outputs(self.cell, entering(x), self.recurrent(before))
        return tuple(gate - gate.detach() for gate in self.gates(gates))

    def _written_out(self, entering: Tensor, slack: tuple[Tensor, ...]) -> Tensor:
        state = memory = entering.new_zeros(entering.shape[0], self.recurrent.in_features)
        states = []
        for token, from_input in enumerate(entering.unbind(1)):
            zeros = [zero[:, token] for zero in slack]
            gates = gate_outputs(self.cell, from_input, self.recurrent(state), zeros)
            state, memory = next_state(self.cell, gates, state, memory)
            states.append(state)
        return torch.stack(states, dim=1)
