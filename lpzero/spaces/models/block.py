"""Parts of a block that several families share: where its norms lie, and a feed-forward of two layers."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from lpzero.spaces.models.weights import Linear


class PreNormBlock(nn.Module):
    """Norm and operation, norm and feed-forward, each beside a residual connection.

    The weights are drawn in the order of the arguments.

    Args:
        operation_norm: (batch, tokens, width) to the same shape.
        operation: Takes the normed stream and what the block takes beside it; returns its output, of the same shape,
            and its attention probabilities (batch, heads, tokens, tokens).
        feed_forward_norm: Like ``operation_norm``.
        feed_forward: Likewise.
    """

    def __init__(
        self, operation_norm: nn.Module, operation: nn.Module, feed_forward_norm: nn.Module, feed_forward: nn.Module
    ) -> None:
        super().__init__()
        self.operation_norm = operation_norm
        self.operation = operation
        self.feed_forward_norm = feed_forward_norm
        self.feed_forward = feed_forward

    def forward(self, x: Tensor, **inputs: Any) -> tuple[Tensor, Tensor]:
        """Returns the residual stream behind the block, and the probabilities; ``inputs`` are for the operation."""
        mixed, probabilities = self.operation(self.operation_norm(x), **inputs)
        x = x + mixed
        return x + self.feed_forward(self.feed_forward_norm(x)), probabilities


class FeedForward(nn.Module):
    """Two linear layers with a non-linearity between them; ``bias`` says whether the layers have one."""

    def __init__(self, width: int, inner_width: int, activation: nn.Module, *, bias: bool = True) -> None:
        super().__init__()
        self.inner = Linear(width, inner_width, bias=bias)
        self.activation = activation
        self.output = Linear(inner_width, width, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, tokens, width) to the same shape."""
        out: Tensor = self.output(self.activation(self.inner(x)))
        return out


FEED_FORWARD_WEIGHTS = {
    "feed_forward_0": "feed_forward.inner.weight",
    "feed_forward_1": "feed_forward.output.weight",
}
"""The weights of a :class:`FeedForward` in a block: role to name."""
FEED_FORWARD_ACTIVATIONS = {"feed_forward_0": "feed_forward.activation"}
"""Its non-linearity, likewise."""
