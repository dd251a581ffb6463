"""The GPT-2 decoder of LiteTransformerSearch: pre-norm blocks between adaptive embedding and softmax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from transformers import GPT2Config
from transformers.models.gpt2.modeling_gpt2 import GPT2MLP, GPT2Attention

from lpzero.spaces.gpt2.plan import MAX_TOKENS, Gpt2Plan
from lpzero.spaces.models.adaptive import AdaptiveEmbedding, AdaptiveSoftmax
from lpzero.spaces.models.adaptive_decoder import AdaptiveDecoder, draw
from lpzero.spaces.models.attention import causal_mask
from lpzero.spaces.models.block import PreNormBlock
from lpzero.spaces.models.sites import BlockSites, fused_heads
from lpzero.spaces.models.weights import Embedding, build_seeded


class Block(PreNormBlock):
    """A block of GPT-2 from the parts of transformers, which in its own block drops the probabilities.

    The activation is GPT-2's GELU in its tanh form, by the fused kernel of PyTorch.
    """

    def __init__(self, width: int, inner_width: int, heads: int) -> None:
        options: dict[str, Any] = {"attn_implementation": "eager", "activation_function": "gelu_pytorch_tanh"}
        config = GPT2Config(n_embd=width, n_head=heads, resid_pdrop=0.0, attn_pdrop=0.0, **options)
        super().__init__(
            operation_norm=nn.LayerNorm(width, eps=config.layer_norm_epsilon),
            operation=GPT2Attention(config),  # type: ignore[no-untyped-call]
            feed_forward_norm=nn.LayerNorm(width, eps=config.layer_norm_epsilon),
            feed_forward=GPT2MLP(inner_width, config),  # type: ignore[no-untyped-call]
        )


class Gpt2Model(AdaptiveDecoder):
    """A GPT-2 decoder of 50,264 ids and at most 192 tokens.

    The weights of its blocks lie as (input, output), the other way round than those of ``torch.nn.Linear``.
    """

    def __init__(self, plan: Gpt2Plan) -> None:
        super().__init__(MAX_TOKENS)
        self.embedding = AdaptiveEmbedding(plan)
        self.embedding_position = Embedding(MAX_TOKENS, plan.width)
        self.blocks = nn.ModuleList(
            Block(plan.width, inner, heads) for inner, heads in zip(plan.inner_widths, plan.heads, strict=True)
        )
        self.final_norm = nn.LayerNorm(plan.width, eps=1e-5)
        self.output = AdaptiveSoftmax(plan)

    def embed(self, input_ids: Tensor) -> Tensor:
        """The sum of word and position embeddings."""
        embedded: Tensor = self.embedding(input_ids) + self.embedding_position.weight[: input_ids.shape[1]]
        return embedded

    def block_inputs(self, x: Tensor) -> dict[str, Any]:
        """The mask: without one the attention of transformers looks ahead, causality is left to its caller."""
        return {"attention_mask": causal_mask(x, torch.finfo(x.dtype).min)}

    def embedding_weights(self) -> Mapping[str, str]:
        """The positions before the tables and projections."""
        return {"position": "embedding_position.weight", **super().embedding_weights()}

    def block_sites(self, index: int) -> BlockSites:
        """Those of any block: query, key and value are parts of one fused projection."""
        del index
        return BlockSites(
            weights={
                "query_key_value": "operation.c_attn.weight",
                "output": "operation.c_proj.weight",
                "feed_forward_0": "feed_forward.c_fc.weight",
                "feed_forward_1": "feed_forward.c_proj.weight",
            },
            heads=fused_heads("operation.c_attn", self.embedding.width),
            activations={"feed_forward_0": "feed_forward.act"},
        )


def build(plan: Gpt2Plan, seed: int) -> Gpt2Model:
    """Build the model of a plan with weights that follow from the seed."""
    return build_seeded(lambda: Gpt2Model(plan), seed, draw)
