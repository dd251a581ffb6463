"""The encoder-decoder of HAT: post-norm blocks, and a decoder that may attend to several layers of the encoder."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from lpzero.errors import InputError
from lpzero.spaces.hat_mt.plan import ATTENTION_WIDTH, MAX_TOKENS, DecoderLayer, EncoderLayer, HatMtPlan
from lpzero.spaces.models.attention import attend, causal_mask, split_heads
from lpzero.spaces.models.block import FEED_FORWARD_ACTIVATIONS, FEED_FORWARD_WEIGHTS, FeedForward
from lpzero.spaces.models.output import UNLABELLED, ModelOutput, same_tokens
from lpzero.spaces.models.sinusoids import sinusoids
from lpzero.spaces.models.sites import BlockSites, ModuleTensor, SiteMap, stack_sites
from lpzero.spaces.models.weights import Embedding, Linear, build_seeded

PADDING, START = 1, 2
"""Ids of a place of the target that nothing is known of, and of the one before its first token."""
PROJECTIONS = ("query", "key", "value")


class TokenEmbedding(nn.Module):
    """The words of source and target, out of one table, with their positions."""

    def __init__(self, plan: HatMtPlan) -> None:
        super().__init__()
        self.widths = (plan.encoder_width, plan.decoder_width)
        self.word = Embedding(plan.vocabulary, plan.table_width)

    def forward(self, source: Tensor, target: Tensor | None = None) -> Tensor:
        """Ids (batch, source tokens) and (batch, target tokens) to (batch, source + target tokens, table width).

        A stream that is narrower than the table has its first columns; behind them are zeros. Without a target the
        source alone is embedded.
        """
        parts = [self._embedded(source, self.widths[0])]
        if target is not None:
            parts.append(self._embedded(target, self.widths[1]))
        return torch.cat(parts, dim=1)

    def _embedded(self, ids: Tensor, width: int) -> Tensor:
        x = self.word(ids)[..., :width] * math.sqrt(width)
        places = torch.arange(ids.shape[1], dtype=torch.float64, device=ids.device)
        x = x + sinusoids(places, width, like=x)
        return nn.functional.pad(x, (0, self.word.embedding_dim - width))


class Attention(nn.Module):
    """Attention of one stream to another, or to itself, in a width of its own.

    Args:
        asking: Width of the stream that attends.
        asked: Width of the one that it attends to.
        heads: Number of heads.
    """

    def __init__(self, asking: int, asked: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = Linear(asking, ATTENTION_WIDTH)
        self.key = Linear(asked, ATTENTION_WIDTH)
        self.value = Linear(asked, ATTENTION_WIDTH)
        self.output = Linear(ATTENTION_WIDTH, asking)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Returns the output, in the shape of ``x``, and the probabilities (batch, heads, tokens, memory's tokens)."""
        query, key, value = (
            split_heads(projection(given), self.heads)
            for projection, given in ((self.query, x), (self.key, memory), (self.value, memory))
        )
        context, probabilities = attend(query, key, value, mask)
        return self.output(context), probabilities


class EncoderBlock(nn.Module):
    """Attention and feed-forward, each followed by the residual connection and a LayerNorm."""

    def __init__(self, width: int, layer: EncoderLayer) -> None:
        super().__init__()
        self.operation = Attention(width, width, layer.heads)
        self.operation_norm = nn.LayerNorm(width)
        self.feed_forward = FeedForward(width, layer.inner_width, nn.ReLU())
        self.feed_forward_norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the residual stream behind the block, and the probabilities."""
        attended, probabilities = self.operation(x, x)
        x = self.operation_norm(x + attended)
        return self.feed_forward_norm(x + self.feed_forward(x)), probabilities


class DecoderBlock(nn.Module):
    """Attention to the target, attention to the encoder and feed-forward, each followed likewise."""

    def __init__(self, plan: HatMtPlan, layer: DecoderLayer) -> None:
        super().__init__()
        width = plan.decoder_width
        self.span = layer.span
        self.operation = nn.ModuleDict(
            {
                "own": Attention(width, width, layer.heads),
                "across": Attention(width, plan.encoder_width, layer.cross_heads),
            }
        )
        self.operation_norm = nn.LayerNorm(width)
        self.cross_norm = nn.LayerNorm(width)
        self.feed_forward = FeedForward(width, layer.inner_width, nn.ReLU())
        self.feed_forward_norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, encoded: list[Tensor], mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns the residual stream behind the block, and the probabilities within and across.

        Args:
            x: (batch, target tokens, width).
            encoded: What is behind each layer of the encoder, (batch, source tokens, width of the encoder).
            mask: What is added to the scores within.
        """
        attended, probabilities = self.operation["own"](x, x, mask)
        x = self.operation_norm(x + attended)
        memory = torch.cat(encoded[: -self.span - 1 : -1], dim=1)
        attended, across = self.operation["across"](x, memory)
        x = self.cross_norm(x + attended)
        return self.feed_forward_norm(x + self.feed_forward(x)), probabilities, across


class HatMtModel(nn.Module):
    """An encoder-decoder; it keeps :class:`lpzero.spaces.models.sites.LanguageModel`.

    Its blocks are those of the encoder, then those of the decoder.
    """

    def __init__(self, plan: HatMtPlan) -> None:
        super().__init__()
        self.plan = plan
        self.embedding = TokenEmbedding(plan)
        self.blocks = nn.ModuleList(
            [
                *(EncoderBlock(plan.encoder_width, layer) for layer in plan.encoder),
                *(DecoderBlock(plan, layer) for layer in plan.decoder),
            ]
        )

    def forward(
        self,
        input_ids: Tensor,
        labels: Tensor,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> ModelOutput:
        """Run the model and compute its loss, each label from the source and the labels before it.

        Args:
            input_ids: (batch, source tokens) integers from 0, below the vocabulary, at most 1,024 tokens.
            labels: (batch, target tokens) ids, likewise, or -100 where there is nothing to predict.
            output_attentions: Whether to return the attention probabilities.
            output_hidden_states: Whether to return the residual streams: of the encoder what enters it, then what is
                behind each block.

        Raises:
            InputError: If there are too many tokens, or no label to predict.
        """
        targets, labelled = same_tokens(labels)
        output = self._run(input_ids, labels)
        assert output.hidden_states is not None
        scores = self._predict(output.hidden_states[-1][labelled])
        return ModelOutput(
            loss=nn.functional.cross_entropy(scores, targets[labelled]),
            hidden_states=output.hidden_states if output_hidden_states else None,
            attentions=output.attentions if output_attentions else None,
            cross_attentions=output.cross_attentions if output_attentions else None,
        )

    def logits(self, input_ids: Tensor, labels: Tensor | None = None) -> Tensor:
        """(batch, source tokens) ids to (batch, target tokens, vocabulary), the scores of each id of the target.

        Args:
            input_ids: The source.
            labels: The target, which is seen up to the id before; None for the source once more.
        """
        output = self._run(input_ids, input_ids if labels is None else labels)
        assert output.hidden_states is not None
        return self._predict(output.hidden_states[-1])

    def site_map(self) -> SiteMap:
        """The sites of this model; what attends across is a part of a decoder block's operation."""
        blocks = [_encoder_sites()] * len(self.plan.encoder) + [_decoder_sites()] * len(self.plan.decoder)
        return stack_sites({"word": "embedding.word.weight"}, blocks, {}, embedding="embedding")

    def _run(self, source: Tensor, target: Tensor) -> ModelOutput:
        """All streams and probabilities; the loss is none."""
        for name, ids in (("input_ids", source), ("labels", target)):
            if ids.shape[1] > MAX_TOKENS:
                raise InputError(f"{name}: expected at most {MAX_TOKENS} tokens, found {ids.shape[1]}")
        embedded = self.embedding(source, _before(target))
        x = embedded[:, : source.shape[1], : self.plan.encoder_width]
        hidden: list[Tensor] = [x]
        attentions: list[Tensor | None] = []
        crossed: list[Tensor | None] = []
        depth = len(self.plan.encoder)
        for block in self.blocks[:depth]:
            x, probabilities = block(x)
            hidden.append(x)
            attentions.append(probabilities)
            crossed.append(None)
        encoded = hidden[1:]
        x = embedded[:, source.shape[1] :, : self.plan.decoder_width]
        mask = causal_mask(x)
        for block in self.blocks[depth:]:
            x, probabilities, across = block(x, encoded, mask)
            hidden.append(x)
            attentions.append(probabilities)
            crossed.append(across)
        return ModelOutput(x.new_zeros(()), tuple(hidden), tuple(attentions), tuple(crossed))

    def _predict(self, x: Tensor) -> Tensor:
        """(..., width of the decoder) to (..., vocabulary), by the columns of the table that the decoder reads."""
        return x @ self.embedding.word.weight[:, : self.plan.decoder_width].T


def _before(target: Tensor) -> Tensor:
    """What stands before each token of a target: where nothing is to be predicted, padding."""
    known = target.masked_fill(target == UNLABELLED, PADDING)
    return nn.functional.pad(known[:, :-1], (1, 0), value=START)


def _encoder_sites() -> BlockSites:
    return BlockSites(
        weights={role: f"operation.{role}.weight" for role in (*PROJECTIONS, "output")} | FEED_FORWARD_WEIGHTS,
        heads={role: ModuleTensor(f"operation.{role}") for role in PROJECTIONS},
        activations=FEED_FORWARD_ACTIVATIONS,
    )


def _decoder_sites() -> BlockSites:
    named = [("", "own"), ("cross_", "across")]
    return BlockSites(
        weights={
            f"{prefix}{role}": f"operation.{part}.{role}.weight"
            for prefix, part in named
            for role in (*PROJECTIONS, "output")
        }
        | FEED_FORWARD_WEIGHTS,
        heads={
            f"{prefix}{role}": ModuleTensor(f"operation.{part}.{role}")
            for prefix, part in named
            for role in PROJECTIONS
        },
        activations=FEED_FORWARD_ACTIVATIONS,
    )


def build(plan: HatMtPlan, seed: int) -> HatMtModel:
    """Build the model of a plan with weights that follow from the seed.

    The table of words is normal with a standard deviation of 1 / sqrt(its width), linear weights are uniform as
    Xavier's (Glorot & Bengio 2010), biases are 0.
    """

    def draw(name: str, weight: Tensor, generator: torch.Generator) -> Tensor:
        if name == "embedding.word.weight":
            return nn.init.normal_(weight, 0.0, plan.table_width**-0.5, generator)
        return nn.init.xavier_uniform_(weight, generator=generator)

    return build_seeded(lambda: HatMtModel(plan), seed, draw)
