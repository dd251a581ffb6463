"""The plan of a GPT-2 decoder of the protocol ``own``: its widths, and its parameters in closed form."""

from __future__ import annotations

from dataclasses import dataclass

from lpzero.spaces.gpt2.plan import decoder_counts
from lpzero.spaces.own import MAX_TOKENS


@dataclass(frozen=True)
class Gpt2OwnPlan:
    """A whole model.

    Attributes:
        width: Width of the residual stream and of the embedding, ``d_model``.
        inner_widths: Inner width of the feed-forward of each layer, ``d_inner``.
        heads: Number of attention heads of each layer.
        vocabulary: Number of token ids.
    """

    width: int
    inner_widths: tuple[int, ...]
    heads: tuple[int, ...]
    vocabulary: int


def parameter_counts(plan: Gpt2OwnPlan) -> dict[str, int]:
    """Count the parameters by part, without building; the output shares the embedding's table."""
    embedding = (plan.vocabulary + MAX_TOKENS) * plan.width
    return decoder_counts(plan.width, plan.inner_widths, embedding=embedding, output=0)
