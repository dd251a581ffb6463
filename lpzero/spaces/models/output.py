"""What a model of a built-in space returns, and which of its positions have a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lpzero.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

UNLABELLED = -100
"""The label of a position where there is nothing to predict."""


@dataclass(frozen=True)
class ModelOutput:
    """The result of one forward pass.

    Attributes:
        loss: Mean cross entropy in nats over the labelled positions, a scalar.
        hidden_states: depth + 1 tensors (batch, tokens, width): the residual stream that enters the first
            block, then the one behind each block; None where they were not asked for.
        attentions: For each block (batch, heads, tokens, tokens), rows that sum to 1, or None where it has no
            attention; None as a whole where they were not asked for.
        cross_attentions: For each block (batch, heads, target tokens, tokens of the source that it sees), rows that sum
            to 1, or None where it attends to no other stack; None as a whole where no block does, or they were not
            asked for.
    """

    loss: Tensor
    hidden_states: tuple[Tensor, ...] | None
    attentions: tuple[Tensor | None, ...] | None
    cross_attentions: tuple[Tensor | None, ...] | None = None


def next_tokens(labels: Tensor) -> tuple[Tensor, Tensor]:
    """What a causal model predicts: each label from the tokens before it.

    Args:
        labels: (batch, tokens) ids, -100 where there is nothing to predict.

    Returns:
        The ids to predict, (batch, tokens - 1), and where there is one, a mask of the same shape.

    Raises:
        InputError: There is no label behind the first token of a row.
    """
    targets = labels[:, 1:]
    labelled = targets != UNLABELLED
    if not labelled.any():
        raise InputError(f"labels: expected one that is not {UNLABELLED} behind the first, found none")
    return targets, labelled


def same_tokens(labels: Tensor) -> tuple[Tensor, Tensor]:
    """What a masked model predicts: each label at its own place.

    Args:
        labels: (batch, tokens) ids, -100 where there is nothing to predict.

    Returns:
        The ids to predict, (batch, tokens), and where there is one, a mask of the same shape.

    Raises:
        InputError: There is no label.
    """
    labelled = labels != UNLABELLED
    if not labelled.any():
        raise InputError(f"labels: expected a position that is not {UNLABELLED}, found none")
    return labels, labelled
