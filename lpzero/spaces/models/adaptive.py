"""Adaptive embedding and adaptive softmax, tied: rare ids get narrower embeddings, and fewer comparisons.

The ids are split into clusters by frequency. The softmax of Grave et al. 2017 (https://arxiv.org/abs/1609.04309)
decides between the ids of the first cluster and the other clusters, then within a cluster; tying it with the
embedding, and which projections are tied, follow Transformer-XL (Dai et al. 2019,
https://arxiv.org/abs/1901.02860).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from lpzero.spaces.models.adaptive_plan import AdaptivePlan
from lpzero.spaces.models.weights import Embedding, Linear


def clusters_of(ids: Tensor, cutoffs: tuple[int, ...]) -> Tensor:
    """The cluster of each id, from 0; the cutoffs are those of an :class:`AdaptivePlan`."""
    return torch.bucketize(ids, ids.new_tensor(cutoffs[1:-1]), right=True)


class AdaptiveEmbedding(nn.Module):
    """Embeds ids, by cluster where the widths differ, in the model's width, and scales by its root."""

    def __init__(self, plan: AdaptivePlan) -> None:
        super().__init__()
        self.width = plan.width
        self.cutoffs = plan.cutoffs
        self.clusters = plan.clusters
        self.tables = nn.ModuleList(Embedding(ids, narrow) for ids, narrow in plan.tables)
        self.projections = nn.ModuleList(
            Linear(narrow, plan.width, bias=False) for _, narrow in plan.tables if plan.projected
        )

    def forward(self, input_ids: Tensor) -> Tensor:
        """(batch, tokens) ids to (batch, tokens, width)."""
        ids = input_ids.flatten()
        if len(self.tables) == 1 or ids.is_meta:
            # where there is no number to tell a cluster by, ids are taken to be frequent: the first cluster has those
            embedded = self._embed(0, ids)
        else:
            clusters = clusters_of(ids, self.cutoffs)
            places = [(clusters == i).nonzero().squeeze(1) for i in range(len(self.tables))]
            parts = [self._embed(i, ids[place] - self.cutoffs[i]) for i, place in enumerate(places)]
            embedded = torch.cat(parts)[torch.cat(places).argsort()]
        return embedded.view(*input_ids.shape, self.width) * math.sqrt(self.width)

    def _embed(self, table: int, ids: Tensor) -> Tensor:
        embedded: Tensor = self.tables[table](ids)
        return self.projections[table](embedded) if len(self.projections) else embedded

    def by_cluster(self) -> tuple[Tensor, ...]:
        """The embeddings of each cluster's ids, (ids, width of the cluster)."""
        weights = tuple(self._weight(table) for table in self.tables)
        # One split, not a slice for each cluster: the gradient of every slice would be as large as the table.
        return weights if len(weights) > 1 else torch.split(weights[0], list(self.clusters))

    def narrow(self, x: Tensor, cluster: int) -> Tensor:
        """Bring (..., model's width) to the width of a cluster by its transposed projection."""
        if not len(self.projections):
            return x
        return x @ self._weight(self.projections[min(cluster, len(self.projections) - 1)])

    @staticmethod
    def _weight(module: nn.Module) -> Tensor:
        assert isinstance(module.weight, Tensor)
        return module.weight


class AdaptiveSoftmax(nn.Module):
    """The loss by cluster, on the tables of an embedding.

    The first cluster has a projection of its own, the others use those of the embedding.
    """

    def __init__(self, plan: AdaptivePlan) -> None:
        super().__init__()
        self.cutoffs = plan.cutoffs
        width = plan.embedding_width
        self.projection = Linear(plan.width, width, bias=False) if plan.projected else None
        self.cluster = Linear(width, len(plan.clusters) - 1)
        self.biases = nn.ParameterList(torch.empty(ids) for ids in plan.clusters)

    def logarithms(self, x: Tensor, embedding: AdaptiveEmbedding) -> Tensor:
        """The logarithm of the probability of every id: (..., model's width) to (..., vocabulary).

        The id of a rare cluster has the probability of its cluster times its own within it.
        """
        scores, tables = self._first(x, embedding)
        shares = scores.log_softmax(dim=-1)
        parts = [shares[..., : self.cutoffs[1]]]
        for i in range(1, len(self.biases)):
            tail = nn.functional.linear(embedding.narrow(x, i), tables[i], self.biases[i])
            cluster = self.cutoffs[1] + i - 1
            parts.append(tail.log_softmax(dim=-1) + shares[..., cluster : cluster + 1])
        return torch.cat(parts, dim=-1)

    def _first(self, x: Tensor, embedding: AdaptiveEmbedding) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The scores of the first cluster's ids and of the other clusters, and the tables of all clusters."""
        head = x if self.projection is None else self.projection(x)
        tables = embedding.by_cluster()
        words = nn.functional.linear(head, tables[0], self.biases[0])
        return torch.cat([words, self.cluster(head)], dim=-1), tables

    def forward(self, x: Tensor, targets: Tensor, embedding: AdaptiveEmbedding) -> Tensor:
        """Compute the mean cross entropy in nats.

        Args:
            x: (positions, model's width) normalised hidden states.
            targets: (positions,) ids, one or more.
            embedding: The embedding that the tables are taken from.
        """
        scores, tables = self._first(x, embedding)
        clusters = clusters_of(targets, self.cutoffs)
        first = torch.where(clusters == 0, targets, self.cutoffs[1] + clusters - 1)
        total = nn.functional.cross_entropy(scores, first, reduction="sum")
        for i in range(1, len(self.biases)):
            inside = clusters == i
            tail = nn.functional.linear(embedding.narrow(x[inside], i), tables[i], self.biases[i])
            total = total + nn.functional.cross_entropy(tail, targets[inside] - self.cutoffs[i], reduction="sum")
        return total / len(targets)
