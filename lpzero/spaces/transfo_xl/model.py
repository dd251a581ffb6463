"""The Transformer-XL decoder of LiteTransformerSearch: post-norm blocks between adaptive embedding and softmax."""

from __future__ import annotations

from torch import Tensor, nn

from lpzero.spaces.models.adaptive import AdaptiveEmbedding, AdaptiveSoftmax
from lpzero.spaces.models.adaptive_decoder import AdaptiveDecoder, draw
from lpzero.spaces.models.block import FEED_FORWARD_ACTIVATIONS, FEED_FORWARD_WEIGHTS, FeedForward
from lpzero.spaces.models.sites import BlockSites, fused_heads, named_weights
from lpzero.spaces.models.weights import build_seeded
from lpzero.spaces.transfo_xl.attention import RelativeAttention
from lpzero.spaces.transfo_xl.plan import MAX_TOKENS, TransfoXlPlan


class Block(nn.Module):
    """Attention and feed-forward, each followed by the residual connection and a LayerNorm."""

    def __init__(self, width: int, inner_width: int, heads: int) -> None:
        super().__init__()
        self.operation = RelativeAttention(width, heads)
        self.operation_norm = nn.LayerNorm(width)
        self.feed_forward = FeedForward(width, inner_width, nn.ReLU())
        self.feed_forward_norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the residual stream behind the block, and the probabilities."""
        attended, probabilities = self.operation(x)
        x = self.operation_norm(x + attended)
        return self.feed_forward_norm(x + self.feed_forward(x)), probabilities


class TransfoXlModel(AdaptiveDecoder):
    """A Transformer-XL decoder of 267,736 ids and at most 192 tokens, the length of a segment.

    It reads a single segment: the memory of earlier segments, which training and evaluation of the published
    models had, is empty. It has no parameters, so that all of them are there.
    """

    def __init__(self, plan: TransfoXlPlan) -> None:
        super().__init__(MAX_TOKENS)
        self.embedding = AdaptiveEmbedding(plan)
        self.blocks = nn.ModuleList(
            Block(plan.width, inner, heads) for inner, heads in zip(plan.inner_widths, plan.heads, strict=True)
        )
        self.final_norm = None
        self.output = AdaptiveSoftmax(plan)

    def embed(self, input_ids: Tensor) -> Tensor:
        """The word embeddings: attention knows the positions."""
        embedded: Tensor = self.embedding(input_ids)
        return embedded

    def block_sites(self, index: int) -> BlockSites:
        """Those of any block: query, key and value are parts of one fused projection."""
        del index
        biases = {role: f"operation.{role}" for role in ("content_bias", "position_bias")}
        operation = named_weights("operation", ("query_key_value", "position_key", "output"))
        return BlockSites(
            weights=operation | biases | FEED_FORWARD_WEIGHTS,
            heads=fused_heads("operation.query_key_value", self.embedding.width),
            activations=FEED_FORWARD_ACTIVATIONS,
        )


def build(plan: TransfoXlPlan, seed: int) -> TransfoXlModel:
    """Build the model of a plan with weights that follow from the seed."""
    return build_seeded(lambda: TransfoXlModel(plan), seed, draw)
