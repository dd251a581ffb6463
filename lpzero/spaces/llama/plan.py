"""The plan of a LLaMA: the numbers that it is drawn around, its widths, its parameters and operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lpzero.spaces import own
from lpzero.spaces.models.counts import counts_of_parts


@dataclass(frozen=True)
class Base:
    """A LLaMA that a space is drawn around: the largest of its architectures.

    Attributes:
        vocabulary: Number of token ids.
        max_tokens: The longest sequence.
        width: Width of the residual stream, ``hidden_size``.
        depth: Number of layers.
        heads: Query heads of a layer, a multiple of ``kv_heads``.
        kv_heads: Key-value groups of a layer; the query heads of a group share its key and its value.
        head_width: Width of a head, even: the same in every architecture.
        inner_width: Inner width of the feed-forward, ``intermediate_size``.
        epsilon: What the norms add to the mean square.
        theta: Base of the wavelengths of the rotary positions.
        tied: Whether the output shares the embedding's table.
    """

    vocabulary: int
    max_tokens: int
    width: int
    depth: int
    heads: int
    kv_heads: int
    head_width: int
    inner_width: int
    epsilon: float
    theta: float
    tied: bool

    @property
    def shared(self) -> int:
        """Query heads of a key-value group."""
        return self.heads // self.kv_heads


def _sentence_piece(
    width: int, depth: int, heads: int, kv_heads: int, head_width: int, inner_width: int, epsilon: float
) -> Base:
    """A published LLaMA: 32,000 ids, 2,048 tokens, and an output of its own."""
    return Base(32000, 2048, width, depth, heads, kv_heads, head_width, inner_width, epsilon, theta=1e4, tied=False)


BASES: Mapping[str, Base] = MappingProxyType(
    {
        "160m": _sentence_piece(768, 12, 12, 12, head_width=64, inner_width=3072, epsilon=1e-6),
        "1b": _sentence_piece(2048, 22, 32, 4, head_width=64, inner_width=5632, epsilon=1e-5),
        "7b": _sentence_piece(4096, 32, 32, 32, head_width=128, inner_width=11008, epsilon=1e-6),
        own.NAME: Base(
            vocabulary=own.BYTE_VOCABULARY,
            max_tokens=own.MAX_TOKENS,
            width=128,
            depth=6,
            heads=8,
            kv_heads=4,
            head_width=16,
            inner_width=384,
            epsilon=1e-5,
            theta=1e4,
            tied=True,
        ),
        own.SCRATCH: Base(
            vocabulary=own.BYTE_VOCABULARY,
            max_tokens=own.MAX_TOKENS,
            width=192,
            depth=8,
            heads=8,
            kv_heads=4,
            head_width=16,
            inner_width=512,
            epsilon=1e-5,
            theta=1e4,
            tied=True,
        ),
    }
)
"""What each protocol is drawn around.

``160m`` has the numbers of Miao et al. 2023 (https://arxiv.org/abs/2305.09781), ``1b`` those of TinyLlama (Zhang et al.
2024, https://arxiv.org/abs/2401.02385), ``7b`` those of LLaMA-7B (Touvron et al. 2023,
https://arxiv.org/abs/2302.13971); ``own`` is the one that lpzero trained for the table ``llama-own``, ``scratch`` the
largest of those that it trains one by one for ``llama-scratch-own``.
"""


@dataclass(frozen=True)
class LlamaPlan:
    """A whole model.

    Attributes:
        base: Vocabulary, longest sequence, width of a head, norms, positions and output.
        width: Width of the residual stream.
        inner_widths: Inner width of the feed-forward of each layer.
        heads: Query heads of each layer.
        kv_heads: Key-value groups of each layer.
    """

    base: Base
    width: int
    inner_widths: tuple[int, ...]
    heads: tuple[int, ...]
    kv_heads: tuple[int, ...]

    @property
    def depth(self) -> int:
        """Number of layers."""
        return len(self.heads)


def whole_plan(base: Base) -> LlamaPlan:
    """The plan of the base itself."""
    depth = base.depth
    return LlamaPlan(
        base, base.width, (base.inner_width,) * depth, (base.heads,) * depth, kv_heads=(base.kv_heads,) * depth
    )


def parameter_counts(plan: LlamaPlan) -> dict[str, int]:
    """Count the parameters by part, without building; an output of its own counts in ``total`` alone."""
    width = plan.width
    table = plan.base.vocabulary * width
    return counts_of_parts(
        embedding=table,
        attention=width * _projected(plan),
        feed_forward=3 * width * sum(plan.inner_widths),
        norms=(2 * plan.depth + 1) * width,
        output=0 if plan.base.tied else table,
    )


def _projected(plan: LlamaPlan) -> int:
    """The widths of query, key, value and output of all layers together."""
    return 2 * plan.base.head_width * (sum(plan.heads) + sum(plan.kv_heads))


def flops(plan: LlamaPlan, tokens: int) -> int:
    """Operations from the ids to the logits of every token of one sequence, two for each multiplication."""
    linear = plan.width * (_projected(plan) + 3 * sum(plan.inner_widths) + plan.base.vocabulary)
    # scores and context, each head by itself: key-value groups are shared, but not multiplied less often
    attended = 2 * tokens * plan.base.head_width * sum(plan.heads)
    return 2 * tokens * (linear + attended)
