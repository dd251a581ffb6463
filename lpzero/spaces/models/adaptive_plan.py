"""The plan of an adaptive embedding and softmax: clusters of ids, widths of tables, and parameters in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar


@dataclass(frozen=True)
class AdaptivePlan:
    """The part of a model's plan that its adaptive embedding and softmax are built from.

    The plan of a model adds its fields, and says where the clusters of its vocabulary end.

    Attributes:
        cutoffs: The first id of each cluster, and behind them the number of ids.
        width: Width of the residual stream, ``d_model``.
        embedding_width: Width of the embedding of the first cluster, ``d_embed``.
        shrink: How many times narrower the embedding of each next cluster is, ``div_val``.
    """

    cutoffs: ClassVar[tuple[int, ...]]

    width: int
    embedding_width: int
    shrink: int

    @property
    def clusters(self) -> tuple[int, ...]:
        """Number of ids of each cluster."""
        return tuple(stop - start for start, stop in pairwise(self.cutoffs))

    @property
    def tables(self) -> tuple[tuple[int, int], ...]:
        """(ids, width) of each embedding table: a single one where no cluster is narrower."""
        if self.shrink == 1:
            return ((self.cutoffs[-1], self.embedding_width),)
        return tuple((ids, self.embedding_width // self.shrink**i) for i, ids in enumerate(self.clusters))

    @property
    def projected(self) -> bool:
        """Whether projections lie between tables and residual stream: always where the widths are several."""
        return self.shrink > 1 or self.embedding_width != self.width

    @property
    def embedding_parameters(self) -> int:
        """Number of parameters of the embedding: tables and projections."""
        tables = sum(ids * narrow for ids, narrow in self.tables)
        return tables + (sum(narrow * self.width for _, narrow in self.tables) if self.projected else 0)

    @property
    def softmax_parameters(self) -> int:
        """Number of parameters that the softmax has beside the embedding's: biases, clusters, a projection."""
        own = self.cutoffs[-1] + (len(self.clusters) - 1) * (self.embedding_width + 1)
        return own + (self.embedding_width * self.width if self.projected else 0)


@dataclass(frozen=True)
class AdaptiveDecoderPlan(AdaptivePlan):
    """A whole decoder between an adaptive embedding and softmax.

    Attributes:
        inner_widths: Inner width of the feed-forward of each layer, ``d_inner``.
        heads: Number of attention heads of each layer; a head is ``width / heads`` wide.
    """

    inner_widths: tuple[int, ...]
    heads: tuple[int, ...]
