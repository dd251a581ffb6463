"""The plan of an encoder-decoder of HAT: its layers, its parameters and operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lpzero.spaces.models.counts import counts_of_parts, two_layer_parameters

ATTENTION_WIDTH = 512
"""Width of the queries, keys and values of every attention, whatever the widths of the streams."""
ENCODER_LAYERS = 6
MAX_TOKENS = 1024
"""The longest source, and the longest target."""
VOCABULARIES: Mapping[str, int] = MappingProxyType({"wmt14ende": 32768, "wmt14enfr": 44512, "wmt19ende": 49600})
"""Number of token ids that both languages share, by task."""
SPANS: Mapping[int, int] = MappingProxyType({-1: 1, 1: 2, 2: 3})
"""How many of the encoder's last layers a layer of the decoder attends to, by the value of its choice."""


@dataclass(frozen=True)
class EncoderLayer:
    """A layer of the encoder.

    Attributes:
        inner_width: Inner width of its feed-forward.
        heads: Heads of its attention.
    """

    inner_width: int
    heads: int


@dataclass(frozen=True)
class DecoderLayer:
    """A layer of the decoder.

    Attributes:
        inner_width: Inner width of its feed-forward.
        heads: Heads of its attention to the target.
        cross_heads: Heads of its attention to the source.
        span: How many of the encoder's last layers it attends to, 1 to 3; their outputs lie one behind the other.
    """

    inner_width: int
    heads: int
    cross_heads: int
    span: int


@dataclass(frozen=True)
class HatMtPlan:
    """A whole model.

    Attributes:
        vocabulary: Number of token ids.
        encoder_width: Width of the encoder's stream.
        decoder_width: Width of the decoder's.
        encoder: Its layers.
        decoder: Its layers.
    """

    vocabulary: int
    encoder_width: int
    decoder_width: int
    encoder: tuple[EncoderLayer, ...]
    decoder: tuple[DecoderLayer, ...]

    @property
    def table_width(self) -> int:
        """Width of the table of words, of which a narrower stream reads the first columns."""
        return max(self.encoder_width, self.decoder_width)


def parameter_counts(plan: HatMtPlan) -> dict[str, int]:
    """Count the parameters by part, without building; ``embedding`` is the one table, which is also the output.

    ``attention`` is that of both stacks and that across them. LLM-PP counts the same model
    (``num_parameters_without_embedding_weights`` is ``nonembedding``), but of the table the columns of the decoder
    alone (``num_embedding_parameters`` is the vocabulary times the decoder's width).
    """
    source, target = plan.encoder_width, plan.decoder_width
    own = len(plan.encoder) * _attention(source, source) + len(plan.decoder) * _attention(target, target)
    return counts_of_parts(
        embedding=plan.vocabulary * plan.table_width,
        attention=own + len(plan.decoder) * _attention(target, source),
        feed_forward=two_layer_parameters(source, (layer.inner_width for layer in plan.encoder))
        + two_layer_parameters(target, (layer.inner_width for layer in plan.decoder)),
        norms=2 * (2 * len(plan.encoder) * source + 3 * len(plan.decoder) * target),
    )


def _attention(asking: int, asked: int) -> int:
    """Parameters of an attention between streams of these widths."""
    query_and_output = 2 * asking * ATTENTION_WIDTH + ATTENTION_WIDTH + asking
    return query_and_output + 2 * (asked * ATTENTION_WIDTH + ATTENTION_WIDTH)


def flops(plan: HatMtPlan, tokens: int) -> int:
    """Operations from a source and a target of so many tokens to the logits, two for each multiplication of matrices.

    With 30 tokens it is what LLM-PP publishes as ``total_flops`` but for .02 to .04 %: they also count two operations
    for each element that a norm gives out, and for each that is scaled: of the embeddings and of the queries.
    """
    source, target = plan.encoder_width, plan.decoder_width
    # scores and context of one token that attends to as many
    attended = 2 * tokens * ATTENTION_WIDTH
    multiplied = plan.vocabulary * target
    for layer in plan.encoder:
        multiplied += 4 * source * ATTENTION_WIDTH + attended + 2 * source * layer.inner_width
    for one in plan.decoder:
        multiplied += 4 * target * ATTENTION_WIDTH + attended + 2 * target * one.inner_width
        multiplied += 2 * target * ATTENTION_WIDTH + one.span * (2 * source * ATTENTION_WIDTH + attended)
    return 2 * tokens * multiplied
