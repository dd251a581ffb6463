"""The GPT-2 decoder of the protocol ``own``: pre-norm blocks between a plain tied embedding and its transpose."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from lpzero.errors import InputError
from lpzero.spaces.gpt2.own_plan import Gpt2OwnPlan
from lpzero.spaces.models.attention import attend, split_heads
from lpzero.spaces.models.output import ModelOutput, next_tokens
from lpzero.spaces.models.sites import OutputSite, ParameterSite, SiteMap
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


class FeedForward(nn.Module):
    """Two linear layers with GPT-2's GELU, in its tanh form, between them."""

    def __init__(self, width: int, inner_width: int) -> None:
        super().__init__()
        self.inner = Linear(width, inner_width)
        self.activation = nn.GELU(approximate="tanh")
        self.output = Linear(inner_width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, tokens, width) to the same shape."""
        out: Tensor = self.output(self.activation(self.inner(x)))
        return out


class OwnBlock(nn.Module):
    """A block of GPT-2: norm and attention, norm and feed-forward, each beside a residual connection."""

    def __init__(self, width: int, inner_width: int, heads: int) -> None:
        super().__init__()
        self.operation_norm = nn.LayerNorm(width)
        self.operation = CausalAttention(width, heads)
        self.feed_forward_norm = nn.LayerNorm(width)
        self.feed_forward = FeedForward(width, inner_width)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the residual stream behind the block, and the probabilities."""
        attended, probabilities = self.operation(self.operation_norm(x), mask)
        x = x + attended
        return x + self.feed_forward(self.feed_forward_norm(x)), probabilities


class Gpt2OwnModel(nn.Module):
    """A GPT-2 decoder over bytes; it keeps :class:`lpzero.spaces.models.sites.SitedModel`."""

    def __init__(self, plan: Gpt2OwnPlan) -> None:
        super().__init__()
        self.embedding = Embedding(plan.vocabulary, plan.width)
        self.embedding_position = Embedding(MAX_TOKENS, plan.width)
        self.blocks = nn.ModuleList(
            OwnBlock(plan.width, inner, heads) for inner, heads in zip(plan.inner_widths, plan.heads, strict=True)
        )
        self.final_norm = nn.LayerNorm(plan.width)

    def forward(
        self,
        input_ids: Tensor,
        labels: Tensor,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> ModelOutput:
        """Run the model and compute its causal language-model loss.

        Args:
            input_ids: (batch, tokens) integers from 0, below the vocabulary, at most 64 tokens.
            labels: (batch, tokens), ``input_ids`` or -100 where there is nothing to predict; each is
                predicted from the tokens before it, the first of a row is not.
            output_attentions: Whether to return the attention probabilities.
            output_hidden_states: Whether to return the residual stream, before the final norm.

        Raises:
            InputError: If there are more than 64 tokens, or no label behind the first token.
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
        mask = torch.full((tokens, tokens), float("-inf"), dtype=x.dtype, device=x.device).triu(1)
        states: list[Tensor] = [x]
        attentions: list[Tensor] = []
        for block in self.blocks:
            x, probabilities = block(x, mask)
            states.append(x)
            attentions.append(probabilities)
        return states, attentions

    def logits(self, input_ids: Tensor) -> Tensor:
        """What the model says of each next id, before the softmax.

        Args:
            input_ids: As :meth:`forward` takes them.

        Returns:
            (batch, tokens, vocabulary).
        """
        logits: Tensor = self.final_norm(self._states(input_ids)[0][-1]) @ self.embedding.weight.T
        return logits

    def _loss(self, x: Tensor, labels: Tensor) -> Tensor:
        targets, labelled = next_tokens(labels)
        logits = self.final_norm(x[:, :-1][labelled]) @ self.embedding.weight.T
        return nn.functional.cross_entropy(logits, targets[labelled])

    def site_map(self) -> SiteMap:
        """The sites of this model; those of a block have its children's names as roles."""
        depth = len(self.blocks)
        parameters = [
            ParameterSite(0, "word", "embedding", "embedding.weight"),
            ParameterSite(0, "position", "embedding", "embedding_position.weight"),
        ]
        outputs: list[OutputSite] = []
        for index in range(depth):
            parameters += _parameter_sites(index)
            outputs += _output_sites(index)
        return SiteMap(depth, tuple(parameters), tuple(outputs), embedding="embedding")


def _parameter_sites(index: int) -> Iterator[ParameterSite]:
    operation, feed_forward = f"blocks.{index}.operation", f"blocks.{index}.feed_forward"
    for role in ("query", "key", "value", "output"):
        yield ParameterSite(index + 1, role, "operation", f"{operation}.{role}.weight")
    for i, name in enumerate(("inner", "output")):
        yield ParameterSite(index + 1, f"feed_forward_{i}", "feed_forward", f"{feed_forward}.{name}.weight")


def _output_sites(index: int) -> Iterator[OutputSite]:
    for role in ("query", "key", "value"):
        yield OutputSite("head", index + 1, role, f"blocks.{index}.operation.{role}")
    yield OutputSite("activation", index + 1, "feed_forward_0", f"blocks.{index}.feed_forward.activation")


def build(plan: Gpt2OwnPlan, seed: int) -> Gpt2OwnModel:
    """Build the model of a plan with weights that follow from the seed."""
    return build_seeded(lambda: Gpt2OwnModel(plan), seed, normal(lambda _: 0.02))
