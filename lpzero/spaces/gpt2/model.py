"""The GPT-2 decoder of LiteTransformerSearch: pre-norm blocks between adaptive embedding and softmax."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from transformers import GPT2Config
from transformers.models.gpt2.modeling_gpt2 import GPT2MLP, GPT2Attention

from lpzero.errors import InputError
from lpzero.spaces.gpt2.plan import MAX_TOKENS, Gpt2Plan
from lpzero.spaces.models.adaptive import AdaptiveEmbedding, AdaptiveSoftmax
from lpzero.spaces.models.output import ModelOutput, next_tokens
from lpzero.spaces.models.sites import OutputSite, ParameterSite, SiteMap
from lpzero.spaces.models.weights import Embedding, build_seeded, normal


class Block(nn.Module):
    """A block of GPT-2 from the parts of transformers, which in its own block drops the probabilities.

    The activation is GPT-2's GELU in its tanh form, by the fused kernel of PyTorch.
    """

    def __init__(self, width: int, inner_width: int, heads: int) -> None:
        super().__init__()
        options: dict[str, Any] = {"attn_implementation": "eager", "activation_function": "gelu_pytorch_tanh"}
        config = GPT2Config(n_embd=width, n_head=heads, resid_pdrop=0.0, attn_pdrop=0.0, **options)
        self.operation_norm = nn.LayerNorm(width, eps=config.layer_norm_epsilon)
        self.operation = GPT2Attention(config)  # type: ignore[no-untyped-call]
        self.feed_forward_norm = nn.LayerNorm(width, eps=config.layer_norm_epsilon)
        self.feed_forward = GPT2MLP(inner_width, config)  # type: ignore[no-untyped-call]

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the residual stream behind the block, and the probabilities."""
        attended, probabilities = self.operation(self.operation_norm(x), attention_mask=mask)
        x = x + attended
        return x + self.feed_forward(self.feed_forward_norm(x)), probabilities


class Gpt2Model(nn.Module):
    """A GPT-2 decoder; it keeps :class:`lpzero.spaces.models.sites.SitedModel`.

    The weights of its blocks lie as (input, output), the other way round than those of ``torch.nn.Linear``.
    """

    def __init__(self, plan: Gpt2Plan) -> None:
        super().__init__()
        self.embedding = AdaptiveEmbedding(plan)
        self.embedding_position = Embedding(MAX_TOKENS, plan.width)
        self.blocks = nn.ModuleList(
            Block(plan.width, inner, heads) for inner, heads in zip(plan.inner_widths, plan.heads, strict=True)
        )
        self.final_norm = nn.LayerNorm(plan.width, eps=1e-5)
        self.output = AdaptiveSoftmax(plan)

    def forward(
        self,
        input_ids: Tensor,
        labels: Tensor,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> ModelOutput:
        """Run the model and compute its causal language-model loss.

        Args:
            input_ids: (batch, tokens) integers from 0 to 50263, at most 192 tokens.
            labels: (batch, tokens), ``input_ids`` or -100 where there is nothing to predict; each is
                predicted from the tokens before it, the first of a row is not.
            output_attentions: Whether to return the attention probabilities.
            output_hidden_states: Whether to return the residual stream, before the final norm.

        Raises:
            InputError: If there are more than 192 tokens, or no label behind the first token.
        """
        states, attentions = self._states(input_ids)
        return ModelOutput(
            loss=self._loss(states[-1], labels),
            hidden_states=tuple(states) if output_hidden_states else None,
            attentions=tuple(attentions) if output_attentions else None,
        )

    def _states(self, input_ids: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """The residual stream before the first block and behind each, and the attention probabilities of each."""
        tokens = input_ids.shape[1]
        if tokens > MAX_TOKENS:
            raise InputError(f"input_ids: expected at most {MAX_TOKENS} tokens, found {tokens}")
        x = self.embedding(input_ids) + self.embedding_position.weight[:tokens]
        # Without a mask the attention of transformers looks ahead: causality is left to its caller.
        mask = torch.full((tokens, tokens), torch.finfo(x.dtype).min, dtype=x.dtype, device=x.device).triu(1)
        states: list[Tensor] = [x]
        attentions: list[Tensor] = []
        for block in self.blocks:
            x, probabilities = block(x, mask)
            states.append(x)
            attentions.append(probabilities)
        return states, attentions

    def logits(self, input_ids: Tensor) -> Tensor:
        """The logarithm of the probability of each next id.

        Args:
            input_ids: As :meth:`forward` takes them.

        Returns:
            (batch, tokens, vocabulary).
        """
        return self.output.logarithms(self.final_norm(self._states(input_ids)[0][-1]), self.embedding)

    def _loss(self, x: Tensor, labels: Tensor) -> Tensor:
        targets, labelled = next_tokens(labels)
        loss: Tensor = self.output(self.final_norm(x[:, :-1][labelled]), targets[labelled], self.embedding)
        return loss

    def site_map(self) -> SiteMap:
        """The sites of this model; query, key and value are parts of one fused projection."""
        depth = len(self.blocks)
        parameters = [ParameterSite(0, "position", "embedding", "embedding_position.weight")]
        parameters += [
            ParameterSite(0, f"{role}_{i}", "embedding", f"embedding.{modules}.{i}.weight")
            for role, modules in (("word", "tables"), ("projection", "projections"))
            for i in range(len(getattr(self.embedding, modules)))
        ]
        outputs: list[OutputSite] = []
        for index in range(depth):
            parameters += _parameter_sites(index)
            outputs += _output_sites(index, width=self.embedding.width)
        if self.output.projection is not None:
            parameters.append(ParameterSite(depth + 1, "projection", "output", "output.projection.weight"))
        parameters.append(ParameterSite(depth + 1, "cluster", "output", "output.cluster.weight"))
        return SiteMap(depth, tuple(parameters), tuple(outputs), embedding="embedding")


def _parameter_sites(index: int) -> Iterator[ParameterSite]:
    operation, feed_forward = f"blocks.{index}.operation", f"blocks.{index}.feed_forward"
    yield ParameterSite(index + 1, "query_key_value", "operation", f"{operation}.c_attn.weight")
    yield ParameterSite(index + 1, "output", "operation", f"{operation}.c_proj.weight")
    yield ParameterSite(index + 1, "feed_forward_0", "feed_forward", f"{feed_forward}.c_fc.weight")
    yield ParameterSite(index + 1, "feed_forward_1", "feed_forward", f"{feed_forward}.c_proj.weight")


def _output_sites(index: int, *, width: int) -> Iterator[OutputSite]:
    for i, role in enumerate(("query", "key", "value")):
        part = (i * width, (i + 1) * width)
        yield OutputSite("head", index + 1, role, f"blocks.{index}.operation.c_attn", part=part)
    yield OutputSite("activation", index + 1, "feed_forward_0", f"blocks.{index}.feed_forward.act")


def build(plan: Gpt2Plan, seed: int) -> Gpt2Model:
    """Build the model of a plan with weights that follow from the seed."""
    draw = normal(lambda name: 0.01 if "projection" in name else 0.02)
    return build_seeded(lambda: Gpt2Model(plan), seed, draw)
