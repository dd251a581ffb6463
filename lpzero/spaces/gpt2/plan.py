"""The plan of a GPT-2 decoder with adaptive embeddings: its widths, and its parameters in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lpzero.spaces.models.adaptive_plan import AdaptivePlan

VOCABULARY = 50264
MAX_TOKENS = 192
CUTOFFS = (0, 19997, 39997, VOCABULARY)


@dataclass(frozen=True)
class Gpt2Plan(AdaptivePlan):
    """A whole model.

    The ids below 19997 are the first cluster, those below 39997 the second, the rest the third.

    Attributes:
        inner_widths: Inner width of the feed-forward of each layer, ``d_inner``.
        heads: Number of attention heads of each layer.
    """

    cutoffs: ClassVar[tuple[int, ...]] = CUTOFFS

    inner_widths: tuple[int, ...]
    heads: tuple[int, ...]


def parameter_counts(plan: Gpt2Plan) -> dict[str, int]:
    """Count the parameters by part, without building: importing transformers takes seconds.

    The numbers are those of ``params_summary.yaml`` of LiteTransformerSearch: AdaEmb (``embedding``), Attn,
    FFN, nonembedding and total.
    """
    width, depth = plan.width, len(plan.heads)
    embedding = MAX_TOKENS * width + plan.embedding_parameters
    attention = depth * (4 * width * width + 4 * width)
    feed_forward = sum(2 * width * inner + inner + width for inner in plan.inner_widths)
    nonembedding = attention + feed_forward + (2 * depth + 1) * 2 * width
    return {
        "total": embedding + nonembedding + plan.softmax_parameters,
        "embedding": embedding,
        "attention": attention,
        "feed_forward": feed_forward,
        "nonembedding": nonembedding,
    }
