"""The plan of a GPT-2 decoder with adaptive embeddings: its widths, and its parameters in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lpzero.spaces.models.adaptive_plan import AdaptiveDecoderPlan
from lpzero.spaces.models.counts import counts_of_parts, two_layer_parameters

VOCABULARY = 50264
MAX_TOKENS = 192
CUTOFFS = (0, 19997, 39997, VOCABULARY)


@dataclass(frozen=True)
class Gpt2Plan(AdaptiveDecoderPlan):
    """A whole model.

    The ids below 19997 are the first cluster, those below 39997 the second, the rest the third.
    """

    cutoffs: ClassVar[tuple[int, ...]] = CUTOFFS


def parameter_counts(plan: Gpt2Plan) -> dict[str, int]:
    """Count the parameters by part, without building: importing transformers takes seconds.

    The numbers are those of ``params_summary.yaml`` of LiteTransformerSearch: AdaEmb (``embedding``), Attn,
    FFN, nonembedding and total.
    """
    embedding = MAX_TOKENS * plan.width + plan.embedding_parameters
    return decoder_counts(plan.width, plan.inner_widths, embedding=embedding, output=plan.softmax_parameters)


def decoder_counts(width: int, inner_widths: tuple[int, ...], *, embedding: int, output: int) -> dict[str, int]:
    """Count the parameters of a stack of GPT-2's blocks between an embedding and an output.

    A block's attention has four square matrices with biases; there are two norms in a block, and a final one.

    Args:
        width: Width of the residual stream.
        inner_widths: Inner width of the feed-forward of each layer.
        embedding: Parameters of the embedding.
        output: Those of the output that are not the embedding's.
    """
    depth = len(inner_widths)
    return counts_of_parts(
        embedding=embedding,
        attention=depth * 4 * (width * width + width),
        feed_forward=two_layer_parameters(width, inner_widths),
        norms=(2 * depth + 1) * 2 * width,
        output=output,
    )
