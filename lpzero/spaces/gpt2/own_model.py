"""The GPT-2 decoder of the protocol ``own``: pre-norm blocks between a plain tied embedding and its transpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from lpzero.spaces.gpt2.own_plan import Gpt2OwnPlan
from lpzero.spaces.models.attention import attend, causal_mask, split_heads
from lpzero.spaces.models.block import FEED_FORWARD_ACTIVATIONS, FEED_FORWARD_WEIGHTS, FeedForward, PreNormBlock
from lpzero.spaces.models.sites import BlockSites, named_weights, separate_heads
from lpzero.spaces.models.transformer import Transformer
from lpzero.spaces.models.weights import Embedding, Linear, build_seeded, normal
from lpzero.spaces.own import MAX_TOKENS


class CausalAttention(nn.Module):
    """Multi-head self-attention in which a token looks at itself and at those before it.

    Args:
        width: Width of the input, a multiple of ``heads``.
        heads: Number of heads.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = Linear(width, width)
        self.key = Linear(width, width)
        self.value = Linear(width, width)
        self.output = Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the output and the probabilities (batch, heads, tokens, tokens)."""
        query, key, value = (split_heads(part(x), self.heads) for part in (self.query, self.key, self.value))
        context, probabilities = attend(query, key, value, mask)
        return self.output(context), probabilities


class OwnBlock(PreNormBlock):
    """A block of GPT-2 with its GELU, in the tanh form."""

    def __init__(self, width: int, inner_width: int, heads: int) -> None:
        super().__init__(
            operation_norm=nn.LayerNorm(width),
            operation=CausalAttention(width, heads),
            feed_forward_norm=nn.LayerNorm(width),
            feed_forward=FeedForward(width, inner_width, nn.GELU(approximate="tanh")),
        )


class Gpt2OwnModel(Transformer):
    """A GPT-2 decoder of at most 64 tokens, over bytes unless the plan says otherwise."""

    embedding: Embedding

    def __init__(self, plan: Gpt2OwnPlan) -> None:
        super().__init__(MAX_TOKENS)
        self.embedding = Embedding(plan.vocabulary, plan.width)
        self.embedding_position = Embedding(MAX_TOKENS, plan.width)
        self.blocks = nn.ModuleList(
            OwnBlock(plan.width, inner, heads) for inner, heads in zip(plan.inner_widths, plan.heads, strict=True)
        )
        self.final_norm = nn.LayerNorm(plan.width)

    def embed(self, input_ids: Tensor) -> Tensor:
        """The sum of word and position embeddings."""
        embedded: Tensor = self.embedding(input_ids) + self.embedding_position.weight[: input_ids.shape[1]]
        return embedded

    def block_inputs(self, x: Tensor) -> dict[str, Any]:
        """The mask of the attention."""
        return {"mask": causal_mask(x)}

    def predict(self, x: Tensor) -> Tensor:
        """(..., width) behind the final norm to (..., vocabulary), by the embedding's table."""
        return x @ self.embedding.weight.T

    def embedding_weights(self) -> Mapping[str, str]:
        """The table of words, which is the output's as well, and that of positions."""
        return {"word": "embedding.weight", "position": "embedding_position.weight"}

    def block_sites(self, index: int) -> BlockSites:
        """Those of any block, its children's names as roles."""
        del index
        return BlockSites(
            weights=named_weights("operation", ("query", "key", "value", "output")) | FEED_FORWARD_WEIGHTS,
            heads=separate_heads(),
            activations=FEED_FORWARD_ACTIVATIONS,
        )


def build(plan: Gpt2OwnPlan, seed: int) -> Gpt2OwnModel:
    """Build the model of a plan with weights that follow from the seed."""
    return build_seeded(lambda: Gpt2OwnModel(plan), seed, normal(lambda _: 0.02))
