"""What a model of a built-in space returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class ModelOutput:
    """The result of one forward pass.

    Attributes:
        loss: Mean cross entropy in nats over the labelled positions, a scalar.
        hidden_states: depth + 1 tensors (batch, tokens, width): the residual stream that enters the first
            block, then the one behind each block; None where they were not asked for.
        attentions: For each block (batch, heads, tokens, tokens), rows that sum to 1, or None where it has no
            attention; None as a whole where they were not asked for.
    """

    loss: Tensor
    hidden_states: tuple[Tensor, ...] | None
    attentions: tuple[Tensor | None, ...] | None
