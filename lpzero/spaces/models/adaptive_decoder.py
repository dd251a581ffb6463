"""A decoder between an adaptive embedding and the adaptive softmax that is tied to it."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from lpzero.spaces.models.adaptive import AdaptiveEmbedding, AdaptiveSoftmax
from lpzero.spaces.models.transformer import Transformer
from lpzero.spaces.models.weights import normal

draw = normal(lambda name: 0.01 if "projection" in name else 0.02)
"""Draws the weights of such a decoder: the projections of embedding and softmax have half the others' deviation."""


class AdaptiveDecoder(Transformer):
    """A causal model whose blocks a family makes, and what else lies between embedding and softmax.

    Attributes:
        embedding: The tables and their projections.
        output: The softmax, over those tables.
    """

    embedding: AdaptiveEmbedding
    output: AdaptiveSoftmax

    def predict(self, x: Tensor) -> Tensor:
        """(..., width) behind the final norm to (..., vocabulary): the logarithm of the probability of each id."""
        return self.output.logarithms(x, self.embedding)

    def loss(self, x: Tensor, targets: Tensor) -> Tensor:
        """Mean cross entropy in nats, without the logarithms of the clusters that no target is in."""
        loss: Tensor = self.output(x, targets, self.embedding)
        return loss

    def embedding_weights(self) -> Mapping[str, str]:
        """The tables of the embedding and its projections."""
        return {
            f"{role}_{i}": f"embedding.{modules}.{i}.weight"
            for role, modules in (("word", "tables"), ("projection", "projections"))
            for i in range(len(getattr(self.embedding, modules)))
        }

    def output_weights(self) -> Mapping[str, str]:
        """The projection of the softmax, where it has one, and its clusters."""
        roles = ("cluster",) if self.output.projection is None else ("projection", "cluster")
        return {role: f"output.{role}.weight" for role in roles}
