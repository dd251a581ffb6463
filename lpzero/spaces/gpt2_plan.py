"""The plan of a GPT-2 decoder with adaptive embeddings: its widths, and its parameters in closed form."""

from __future__ import annotations

from dataclasses import dataclass

VOCABULARY = 50264
MAX_TOKENS = 192
CUTOFFS = (0, 19997, 39997, VOCABULARY)
CLUSTERS = len(CUTOFFS) - 1


@dataclass(frozen=True)
class Plan:
    """A whole model.

    The ids below 19997 are the first cluster, those below 39997 the second, the rest the third.

    Attributes:
        width: Width of the residual stream, ``d_model``.
        embedding_width: Width of the embedding of the first cluster, ``d_embed``.
        shrink: How many times narrower the embedding of each next cluster is, ``div_val``.
        inner_widths: Inner width of the feed-forward of each layer, ``d_inner``.
        heads: Number of attention heads of each layer.
    """

    width: int
    embedding_width: int
    shrink: int
    inner_widths: tuple[int, ...]
    heads: tuple[int, ...]

    @property
    def tables(self) -> tuple[tuple[int, int], ...]:
        """(ids, width) of each embedding table: a single one where no cluster is narrower."""
        if self.shrink == 1:
            return ((VOCABULARY, self.embedding_width),)
        return tuple((CUTOFFS[i + 1] - CUTOFFS[i], self.embedding_width // self.shrink**i) for i in range(CLUSTERS))

    @property
    def projected(self) -> bool:
        """Whether projections lie between tables and residual stream: always where the widths are several."""
        return self.shrink > 1 or self.embedding_width != self.width


def parameter_counts(plan: Plan) -> dict[str, int]:
    """Count the parameters by part, without building: importing transformers takes seconds.

    The numbers are those of ``params_summary.yaml`` of LiteTransformerSearch: AdaEmb (``embedding``), Attn,
    FFN, nonembedding and total.
    """
    width, depth = plan.width, len(plan.heads)
    embedding = MAX_TOKENS * width + sum(ids * narrow for ids, narrow in plan.tables)
    softmax = VOCABULARY + (CLUSTERS - 1) * (plan.embedding_width + 1)
    if plan.projected:
        embedding += sum(narrow * width for _, narrow in plan.tables)
        softmax += plan.embedding_width * width
    attention = depth * (4 * width * width + 4 * width)
    feed_forward = sum(2 * width * inner + inner + width for inner in plan.inner_widths)
    nonembedding = attention + feed_forward + (2 * depth + 1) * 2 * width
    return {
        "total": embedding + nonembedding + softmax,
        "embedding": embedding,
        "attention": attention,
        "feed_forward": feed_forward,
        "nonembedding": nonembedding,
    }
