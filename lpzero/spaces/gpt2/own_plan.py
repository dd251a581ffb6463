"""The plan of a GPT-2 decoder of the protocol ``own``: its widths, and its parameters in closed form."""

from __future__ import annotations

from dataclasses import dataclass

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
    width, depth = plan.width, len(plan.heads)
    embedding = (plan.vocabulary + MAX_TOKENS) * width
    attention = depth * (4 * width * width + 4 * width)
    feed_forward = sum(2 * width * inner + inner + width for inner in plan.inner_widths)
    nonembedding = attention + feed_forward + (2 * depth + 1) * 2 * width
    return {
        "total": embedding + nonembedding,
        "embedding": embedding,
        "attention": attention,
        "feed_forward": feed_forward,
        "nonembedding": nonembedding,
    }
