"""The LLaMA decoder: pre-norm blocks with rotary positions, grouped queries and a gated feed-forward.

Touvron et al. 2023 (https://arxiv.org/abs/2302.13971), as transformers computes it; each layer has widths of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from lpzero.errors import InputError
from lpzero.spaces.llama.plan import LlamaPlan
from lpzero.spaces.models.attention import attend, split_heads
from lpzero.spaces.models.output import ModelOutput, next_tokens
from lpzero.spaces.models.sites import OutputSite, ParameterSite, SiteMap
from lpzero.spaces.models.weights import Embedding, Linear, build_seeded, normal

Rotation = tuple[Tensor, Tensor]
"""Cosines and sines of the angle of each position and feature, (tokens, size) each."""


def rotation(tokens: int, size: int, theta: float, like: Tensor) -> Rotation:
    """The angles of the rotary positions (Su et al. 2021, https://arxiv.org/abs/2104.09864).

    Args:
        tokens: Positions, from 0.
        size: Width of a head, even; features ``i`` and ``i + size / 2`` turn together, as transformers has it.
        theta: Base of the wavelengths: the features turn by ``theta ** (-2 i / size)`` a position.
        like: Gives the device and the number format.
    """
    steps = torch.arange(0, size, 2, device=like.device, dtype=torch.float32) / size
    positions = torch.arange(tokens, device=like.device, dtype=torch.float32)
    angles = positions.unsqueeze(1) * theta**-steps
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos().to(like.dtype), angles.sin().to(like.dtype)


def rotated(x: Tensor, by: Rotation) -> Tensor:
    """(batch, heads, tokens, size) with its pairs of features turned."""
    first, second = x.chunk(2, dim=-1)
    return x * by[0] + torch.cat((-second, first), dim=-1) * by[1]


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


class LlamaBlock(nn.Module):
    """A block: norm and attention, norm and feed-forward, each beside a residual connection."""

    def __init__(self, plan: LlamaPlan, index: int) -> None:
        super().__init__()
        width, base = plan.width, plan.base
        self.operation_norm = nn.RMSNorm(width, eps=base.epsilon)
        self.operation = GroupedAttention(width, plan.heads[index], plan.kv_heads[index], base.head_width)
        self.feed_forward_norm = nn.RMSNorm(width, eps=base.epsilon)
        self.feed_forward = GatedFeedForward(width, plan.inner_widths[index])

    def forward(self, x: Tensor, by: Rotation, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the residual stream behind the block, and the probabilities."""
        attended, probabilities = self.operation(self.operation_norm(x), by, mask)
        x = x + attended
        return x + self.feed_forward(self.feed_forward_norm(x)), probabilities


class LlamaModel(nn.Module):
    """A LLaMA decoder; it keeps :class:`lpzero.spaces.models.sites.LanguageModel`."""

    def __init__(self, plan: LlamaPlan) -> None:
        super().__init__()
        base = plan.base
        self.base = base
        self.embedding = Embedding(base.vocabulary, plan.width)
        self.blocks = nn.ModuleList(LlamaBlock(plan, index) for index in range(plan.depth))
        self.final_norm = nn.RMSNorm(plan.width, eps=base.epsilon)
        self.output = None if base.tied else Linear(plan.width, base.vocabulary, bias=False)

    def forward(
        self,
        input_ids: Tensor,
        labels: Tensor,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> ModelOutput:
        """Run the model and compute its causal language-model loss.

        Args:
            input_ids: (batch, tokens) integers from 0, below the vocabulary, at most ``max_tokens`` tokens.
            labels: (batch, tokens), ``input_ids`` or -100 where there is nothing to predict; each is
                predicted from the tokens before it, the first of a row is not.
            output_attentions: Whether to return the attention probabilities.
            output_hidden_states: Whether to return the residual stream, before the final norm.

        Raises:
            InputError: If there are too many tokens, or no label behind the first token.
        """
        states, attentions = self._states(input_ids)
        targets, labelled = next_tokens(labels)
        loss = nn.functional.cross_entropy(self._predict(states[-1][:, :-1][labelled]), targets[labelled])
        return ModelOutput(
            loss=loss,
            hidden_states=tuple(states) if output_hidden_states else None,
            attentions=tuple(attentions) if output_attentions else None,
        )

    def _states(self, input_ids: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """The residual stream before the first block and behind each, and the attention probabilities of each."""
        tokens, base = input_ids.shape[1], self.base
        if tokens > base.max_tokens:
            raise InputError(f"input_ids: expected at most {base.max_tokens} tokens, found {tokens}")
        x = self.embedding(input_ids)
        by = rotation(tokens, base.head_width, base.theta, like=x)
        mask = torch.full((tokens, tokens), float("-inf"), dtype=x.dtype, device=x.device).triu(1)
        states: list[Tensor] = [x]
        attentions: list[Tensor] = []
        for block in self.blocks:
            x, probabilities = block(x, by, mask)
            states.append(x)
            attentions.append(probabilities)
        return states, attentions

    def _predict(self, x: Tensor) -> Tensor:
        head = self.embedding if self.output is None else self.output
        out: Tensor = self.final_norm(x) @ head.weight.T
        return out

    def logits(self, input_ids: Tensor) -> Tensor:
        """What the model says of each next id, before the softmax.

        Args:
            input_ids: As :meth:`forward` takes them.

        Returns:
            (batch, tokens, vocabulary).
        """
        return self._predict(self._states(input_ids)[0][-1])

    def site_map(self) -> SiteMap:
        """The sites of this model; those of a block have its children's names as roles."""
        depth = len(self.blocks)
        parameters = [ParameterSite(0, "word", "embedding", "embedding.weight")]
        outputs: list[OutputSite] = []
        for index in range(depth):
            parameters += _parameter_sites(index)
            outputs += _output_sites(index)
        if self.output is not None:
            parameters.append(ParameterSite(depth + 1, "word", "output", "output.weight"))
        return SiteMap(depth, tuple(parameters), tuple(outputs), embedding="embedding")


def _parameter_sites(index: int) -> Iterator[ParameterSite]:
    for role in ("query", "key", "value", "output"):
        yield ParameterSite(index + 1, role, "operation", f"blocks.{index}.operation.{role}.weight")
    for role in ("gate", "up", "down"):
        yield ParameterSite(index + 1, role, "feed_forward", f"blocks.{index}.feed_forward.{role}.weight")


def _output_sites(index: int) -> Iterator[OutputSite]:
    for role in ("query", "key", "value"):
        yield OutputSite("head", index + 1, role, f"blocks.{index}.operation.{role}")
    yield OutputSite("activation", index + 1, "gate", f"blocks.{index}.feed_forward.activation")


def build(plan: LlamaPlan, seed: int) -> LlamaModel:
    """Build the model of a plan with weights that follow from the seed."""
    return build_seeded(lambda: LlamaModel(plan), seed, normal(lambda _: 0.02))
