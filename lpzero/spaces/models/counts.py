"""Parameters by part, in closed form: what the plans of the families have in common."""

from __future__ import annotations

from collections.abc import Iterable


def counts_of_parts(
    *, embedding: int, attention: int, feed_forward: int, norms: int, output: int = 0
) -> dict[str, int]:
    """The counts that :meth:`lpzero.spaces.space.SearchSpace.parameter_counts` asks for.

    Args:
        embedding: Parameters before the blocks.
        attention: Of the operations of all blocks, without their norms.
        feed_forward: Likewise.
        norms: Of the blocks, and of the final norm.
        output: Parameters behind the final norm that are not the embedding's.

    >>> counts_of_parts(embedding=100, attention=30, feed_forward=20, norms=5, output=7)
    {'total': 162, 'embedding': 100, 'attention': 30, 'feed_forward': 20, 'nonembedding': 55}
    """
    nonembedding = attention + feed_forward + norms
    return {
        "total": embedding + nonembedding + output,
        "embedding": embedding,
        "attention": attention,
        "feed_forward": feed_forward,
        "nonembedding": nonembedding,
    }


def two_layer_parameters(width: int, inner_widths: Iterable[int]) -> int:
    """Parameters of feed-forwards of two linear layers with biases, one for each inner width.

    >>> two_layer_parameters(4, [3]) == (4 * 3 + 3) + (3 * 4 + 4)
    True
    """
    return sum(2 * width * inner + inner + width for inner in inner_widths)
