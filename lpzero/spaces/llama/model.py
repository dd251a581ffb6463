"""The LLaMA decoder: pre-norm blocks with rotary positions, grouped queries and a gated feed-forward.

Touvron et al. 2023 (https://arxiv.org/abs/2302.13971), as transformers computes it; each layer has widths of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from lpzero.spaces.llama.plan import LlamaPlan
from lpzero.spaces.models.attention import attend, causal_mask, split_heads
from lpzero.spaces.models.block import PreNormBlock
from lpzero.spaces.models.rotary import Rotation, rotated, rotation
from lpzero.spaces.models.sites import BlockSites, named_weights, separate_heads
from lpzero.spaces.models.transformer import Transformer
from lpzero.spaces.models.weights import Embedding, Linear, build_seeded, normal


class GroupedAttention(nn.Module):
    """Causal self-attention in which ``heads / kv_heads`` query heads in a row share a key and a value.

    Ainslie et al. 2023 (https://arxiv.org/abs/2305.13245).

    Args:
        width: Width of the residual stream.
        heads: Number of query heads, a multiple of ``kv_heads``.
        kv_heads: Number of key-value groups.
        head_width: Width of a head.
    """

    def __init__(self, width: int, heads: int, kv_heads: int, head_width: int) -> None:
        super().__init__()
        self.heads, self.kv_heads = heads, kv_heads
        self.query = Linear(width, heads * head_width, bias=False)
        self.key = Linear(width, kv_heads * head_width, bias=False)
        self.value = Linear(width, kv_heads * head_width, bias=False)
        self.output = Linear(heads * head_width, width, bias=False)

    def forward(self, x: Tensor, by: Rotation, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the output and the probabilities (batch, heads, tokens, tokens)."""
        query = rotated(split_heads(self.query(x), self.heads), by)
        key = rotated(split_heads(self.key(x), self.kv_heads), by)
        value = split_heads(self.value(x), self.kv_heads)
        shared = self.heads // self.kv_heads
        key, value = (part.repeat_interleave(shared, dim=1) for part in (key, value))
        context, probabilities = attend(query, key, value, mask)
        return self.output(context), probabilities


class GatedFeedForward(nn.Module):
    """SwiGLU (Shazeer 2020, https://arxiv.org/abs/2002.05202): what SiLU leaves of ``gate`` weighs ``up``.

    The site ``activation`` is the gate behind SiLU, (batch, tokens, inner width), before it meets ``up``.
    """

    def __init__(self, width: int, inner_width: int) -> None:
        super().__init__()
        self.gate = Linear(width, inner_width, bias=False)
        self.up = Linear(width, inner_width, bias=False)
        self.activation = nn.SiLU()
        self.down = Linear(inner_width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, tokens, width) to the same shape."""
        out: Tensor = self.down(self.activation(self.gate(x)) * self.up(x))
        return out


class LlamaBlock(PreNormBlock):
    """A block whose norms, attention and feed-forward have no biases."""

    def __init__(self, plan: LlamaPlan, index: int) -> None:
        width, base = plan.width, plan.base
        super().__init__(
            operation_norm=nn.RMSNorm(width, eps=base.epsilon),
            operation=GroupedAttention(width, plan.heads[index], plan.kv_heads[index], base.head_width),
            feed_forward_norm=nn.RMSNorm(width, eps=base.epsilon),
            feed_forward=GatedFeedForward(width, plan.inner_widths[index]),
        )


class LlamaModel(Transformer):
    """A LLaMA decoder, its sizes those of the plan."""

    embedding: Embedding

    def __init__(self, plan: LlamaPlan) -> None:
        base = plan.base
        super().__init__(base.max_tokens)
        self.base = base
        self.embedding = Embedding(base.vocabulary, plan.width)
        self.blocks = nn.ModuleList(LlamaBlock(plan, index) for index in range(plan.depth))
        self.final_norm = nn.RMSNorm(plan.width, eps=base.epsilon)
        self.output = None if base.tied else Linear(plan.width, base.vocabulary, bias=False)

    def embed(self, input_ids: Tensor) -> Tensor:
        """The word embeddings: attention knows the positions."""
        embedded: Tensor = self.embedding(input_ids)
        return embedded

    def block_inputs(self, x: Tensor) -> dict[str, Any]:
        """The angles of the positions, and the mask of the attention."""
        return {"by": rotation(x.shape[1], self.base.head_width, self.base.theta, like=x), "mask": causal_mask(x)}

    def predict(self, x: Tensor) -> Tensor:
        """(..., width) behind the final norm to (..., vocabulary), by the embedding's table or one of its own."""
        head = self.embedding if self.output is None else self.output
        return x @ head.weight.T

    def embedding_weights(self) -> Mapping[str, str]:
        """The table of words."""
        return {"word": "embedding.weight"}

    def block_sites(self, index: int) -> BlockSites:
        """Those of any block, its children's names as roles."""
        del index
        operation = named_weights("operation", ("query", "key", "value", "output"))
        return BlockSites(
            weights=operation | named_weights("feed_forward", ("gate", "up", "down")),
            heads=separate_heads(),
            activations={"gate": "feed_forward.activation"},
        )

    def output_weights(self) -> Mapping[str, str]:
        """The output's table of words, where it has one of its own."""
        return {} if self.output is None else {"word": "output.weight"}


def build(plan: LlamaPlan, seed: int) -> LlamaModel:
    """Build the model of a plan with weights that follow from the seed."""
    return build_seeded(lambda: LlamaModel(plan), seed, normal(lambda _: 0.02))
