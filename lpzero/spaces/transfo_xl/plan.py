"""The plan of a Transformer-XL decoder with adaptive embeddings: its widths, and its parameters in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lpzero.spaces.models.adaptive_plan import AdaptiveDecoderPlan
from lpzero.spaces.models.counts import counts_of_parts, two_layer_parameters

VOCABULARY = 267736
MAX_TOKENS = 192
CUTOFFS = (0, 19997, 39997, 199997, VOCABULARY)


@dataclass(frozen=True)
class TransfoXlPlan(AdaptiveDecoderPlan):
    """A whole model.

    The ids below 19997 are the first cluster, those below 39997 the second, those below 199997 the third, the
    rest the fourth.
    """

    cutoffs: ClassVar[tuple[int, ...]] = CUTOFFS


def parameter_counts(plan: TransfoXlPlan) -> dict[str, int]:
    """Count the parameters by part, without building.

    The numbers are those of ``params_summary.yaml`` of LiteTransformerSearch: AdaEmb (``embedding``), Attn,
    FFN, nonembedding and total. A layer's attention has five square matrices without biases (query, key, value,
    relative position, output) and two bias vectors of its own; behind the last block there is no norm.
    """
    width, depth = plan.width, len(plan.heads)
    return counts_of_parts(
        embedding=plan.embedding_parameters,
        attention=depth * (5 * width * width + 2 * width),
        feed_forward=two_layer_parameters(width, plan.inner_widths),
        norms=2 * depth * 2 * width,
        output=plan.softmax_parameters,
    )
