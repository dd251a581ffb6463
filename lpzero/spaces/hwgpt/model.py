"""The decoder of HW-GPT-Bench: attention and feed-forward side by side, and rotary positions in half of each head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.spaces.hwgpt.plan import HEAD_WIDTH, MAX_TOKENS, VOCABULARY, HwGptPlan
from lpzero.spaces.models.attention import attend, causal_mask, split_heads
from lpzero.spaces.models.block import FEED_FORWARD_ACTIVATIONS, FEED_FORWARD_WEIGHTS, FeedForward
from lpzero.spaces.models.rotary import Rotation, rotated, rotation
from lpzero.spaces.models.sites import BlockSites, fused_heads, named_weights
from lpzero.spaces.models.transformer import Transformer
from lpzero.spaces.models.weights import Embedding, Linear, build_seeded

TURNING = HEAD_WIDTH // 2
"""Features of a head that turn with the position, the first ones."""
THETA = 1e4


class PartlyRotaryAttention(nn.Module):
    """Causal self-attention whose heads are 64 wide, in each of which half of the features know the position.

    Args:
        width: Width of the residual stream.
        heads: Number of heads.
        bias: Whether the two projections have biases.
    """

    def __init__(self, width: int, heads: int, *, bias: bool) -> None:
        super().__init__()
        self.heads = heads
        self.query_key_value = Linear(width, 3 * HEAD_WIDTH * heads, bias=bias)
        self.output = Linear(HEAD_WIDTH * heads, width, bias=bias)

    def forward(self, x: Tensor, by: Rotation, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the output and the probabilities (batch, heads, tokens, tokens)."""
        query, key, value = (split_heads(part, self.heads) for part in self.query_key_value(x).chunk(3, dim=-1))
        context, probabilities = attend(_turned(query, by), _turned(key, by), value, mask)
        return self.output(context), probabilities


def _turned(x: Tensor, by: Rotation) -> Tensor:
    return torch.cat((rotated(x[..., :TURNING], by), x[..., TURNING:]), dim=-1)


class ParallelBlock(nn.Module):
    """Attention and feed-forward that read the same residual stream, each behind a norm of its own.

    Wang & Komatsuzaki 2021 (https://github.com/kingoflolz/mesh-transformer-jax) introduced the arrangement.
    """

    def __init__(self, plan: HwGptPlan, index: int) -> None:
        super().__init__()
        width = plan.width
        self.operation_norm = nn.LayerNorm(width)
        self.operation = PartlyRotaryAttention(width, plan.heads[index], bias=plan.bias)
        self.feed_forward_norm = nn.LayerNorm(width)
        self.feed_forward = FeedForward(width, plan.inner_widths[index], nn.GELU(), bias=plan.bias)

    def forward(self, x: Tensor, by: Rotation, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the residual stream behind the block, and the probabilities."""
        mixed, probabilities = self.operation(self.operation_norm(x), by, mask)
        return x + mixed + self.feed_forward(self.feed_forward_norm(x)), probabilities


class HwGptModel(Transformer):
    """A decoder of 50,304 ids; its table of words is also the output."""

    embedding: Embedding

    def __init__(self, plan: HwGptPlan) -> None:
        super().__init__(MAX_TOKENS)
        self.heads = plan.heads
        self.embedding = Embedding(VOCABULARY, plan.width)
        self.blocks = nn.ModuleList(ParallelBlock(plan, index) for index in range(plan.depth))
        self.final_norm = nn.LayerNorm(plan.width)

    def embed(self, input_ids: Tensor) -> Tensor:
        """The word embeddings: attention knows the positions."""
        embedded: Tensor = self.embedding(input_ids)
        return embedded

    def block_inputs(self, x: Tensor) -> dict[str, Any]:
        """The angles of the positions, and the mask of the attention."""
        return {"by": rotation(x.shape[1], TURNING, THETA, like=x), "mask": causal_mask(x)}

    def predict(self, x: Tensor) -> Tensor:
        """(..., width) behind the final norm to (..., vocabulary), by the embedding's table."""
        return x @ self.embedding.weight.T

    def embedding_weights(self) -> Mapping[str, str]:
        """The table of words."""
        return {"word": "embedding.weight"}

    def block_sites(self, index: int) -> BlockSites:
        """Those of a block: query, key and value are parts of one fused projection."""
        return BlockSites(
            weights=named_weights("operation", ("query_key_value", "output")) | FEED_FORWARD_WEIGHTS,
            heads=fused_heads("operation.query_key_value", HEAD_WIDTH * self.heads[index]),
            activations=FEED_FORWARD_ACTIVATIONS,
        )


def build(plan: HwGptPlan, seed: int) -> HwGptModel:
    """Build the model of a plan with weights that follow from the seed.

    A weight or bias of a linear layer is uniform within 1 / sqrt(inputs) of 0, as ``torch.nn.Linear`` has it; the
    inputs are those of the layer of the supernet, since a sub-network takes its first rows and columns.
    """

    def draw(name: str, parameter: Tensor, generator: torch.Generator) -> Tensor:
        bound = plan.fan_in(name) ** -0.5
        return parameter.uniform_(-bound, bound, generator=generator)

    return build_seeded(lambda: HwGptModel(plan), seed, draw, biases=True)
