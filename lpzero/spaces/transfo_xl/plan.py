"""The plan of a Transformer-XL decoder with adaptive embeddings: its widths, and its parameters in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lpzero.spaces.models.adaptive_plan import AdaptivePlan

VOCABULARY = 267736
MAX_TOKENS = 192
CUTOFFS = (0, 19997, 39997, 199997, VOCABULARY)


@dataclass(frozen=True)
class TransfoXlPlan(AdaptivePlan):
    """A whole model.

    The ids below 19997 are the first cluster, those below 39997 the second, those below 199997 the third, the
    rest the fourth.

    Attributes:
        inner_widths: Inner width of the feed-forward of each layer, ``d_inner``.
        heads: Number of attention heads of each layer; a head is ``width / heads`` wide.
    """

    cutoffs: ClassVar[tuple[int, ...]] = CUTOFFS

    inner_widths: tuple[int, ...]
    heads: tuple[int, ...]


def parameter_counts(plan: TransfoXlPlan) -> dict[str, int]:
    """Count the parameters by part, without building.

    The numbers are those of ``params_summary.yaml`` of LiteTransformerSearch: AdaEmb (``embedding``), Attn,
    FFN, nonembedding and total. A layer's attention has five square matrices without biases (query, key, value,
    relative position, output) and two bias vectors of its own; behind the last block there is no norm.
    """
    width, depth = plan.width, len(plan.heads)
    attention = depth * (5 * width * width + 2 * width)
    feed_forward = sum(2 * width * inner + inner + width for inner in plan.inner_widths)
    nonembedding = attention + feed_forward + 2 * depth * 2 * width
    return {
        "total": plan.embedding_parameters + nonembedding + plan.softmax_parameters,
        "embedding": plan.embedding_parameters,
        "attention": attention,
        "feed_forward": feed_forward,
        "nonembedding": nonembedding,
    }
