"""The FlexiBERT model: an encoder, post-norm or pre-norm, with a masked language-model loss."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from lpzero.spaces.flexibert.operations import LinearTransform, Mixing, build_operation
from lpzero.spaces.flexibert.plan import FlexiBertPlan, LayerPlan
from lpzero.spaces.models.sites import BlockSites, ModuleTensor, named_weights, separate_heads
from lpzero.spaces.models.transformer import Transformer
from lpzero.spaces.models.weights import Embedding, Linear, build_seeded, normal, xavier
from lpzero.spaces.space import Objective

TOKEN_TYPES = 2
NORM_EPSILON = 1e-12


class FlexiBertEmbedding(nn.Module):
    """The sum of word, position and token-type embeddings; every token is of type 0.

    It is normalised, unless the blocks begin with norms of their own.
    """

    def __init__(self, plan: FlexiBertPlan) -> None:
        super().__init__()
        self.word = Embedding(plan.vocabulary, plan.embedding_width)
        self.position = Embedding(plan.max_tokens, plan.embedding_width)
        self.token_type = Embedding(TOKEN_TYPES, plan.embedding_width)
        self.norm = None if plan.pre_norm else nn.LayerNorm(plan.embedding_width, eps=NORM_EPSILON)

    def forward(self, input_ids: Tensor) -> Tensor:
        """(batch, tokens) ids to (batch, tokens, embedding width)."""
        places = self.position.weight[: input_ids.shape[1]] + self.token_type.weight[0]
        embedded: Tensor = self.word(input_ids) + places
        return embedded if self.norm is None else self.norm(embedded)


class FeedForward(nn.Module):
    """Linear layers of the given inner widths, a GELU between each two, and back to ``hidden``."""

    def __init__(self, hidden: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Linear(a, b) for a, b in pairwise((hidden, *widths, hidden)))
        self.activations = nn.ModuleList(nn.GELU() for _ in widths)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, tokens, hidden) to the same shape."""
        for layer, activation in zip(self.layers, self.activations, strict=False):
            x = activation(layer(x))
        out: Tensor = self.layers[-1](x)
        return out


class Block(nn.Module):
    """An operation and a feed-forward, each with the residual connection and a LayerNorm, behind it or before it.

    An operation that the plan does not wrap goes on bare.
    """

    def __init__(self, hidden: int, layer: LayerPlan, *, pre_norm: bool) -> None:
        super().__init__()
        self.pre_norm = pre_norm
        self.operation = build_operation(hidden, layer)
        self.operation_norm = nn.LayerNorm(hidden, eps=NORM_EPSILON) if layer.wrapped else None
        self.feed_forward = FeedForward(hidden, layer.widths)
        self.feed_forward_norm = nn.LayerNorm(hidden, eps=NORM_EPSILON)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Returns the residual stream behind the block, and the attention probabilities or None."""
        if self.pre_norm:
            assert self.operation_norm is not None
            mixed, probabilities = self.operation(self.operation_norm(x))
            x = x + mixed
            return x + self.feed_forward(self.feed_forward_norm(x)), probabilities
        mixed, probabilities = self.operation(x)
        x = mixed if self.operation_norm is None else self.operation_norm(x + mixed)
        return self.feed_forward_norm(x + self.feed_forward(x)), probabilities


class FlexiBertModel(Transformer):
    """A FlexiBERT encoder.

    The language-model head of a post-norm model has no parameters: the hidden state goes back through the
    transposed projection of the embedding, where there is one, and is compared with the word embeddings. A
    pre-norm one has a norm and a linear layer of its own.
    """

    objective: ClassVar[Objective] = "masked"

    embedding: FlexiBertEmbedding

    def __init__(self, plan: FlexiBertPlan) -> None:
        super().__init__(plan.max_tokens)
        self.embedding = FlexiBertEmbedding(plan)
        projected = plan.hidden != plan.embedding_width
        self.embedding_projection = Linear(plan.embedding_width, plan.hidden) if projected else None
        self.blocks = nn.ModuleList(Block(plan.hidden, layer, pre_norm=plan.pre_norm) for layer in plan.layers)
        self.final_norm = nn.LayerNorm(plan.hidden, eps=NORM_EPSILON) if plan.pre_norm else None
        self.output = Linear(plan.hidden, plan.vocabulary) if plan.pre_norm else None

    def embed(self, input_ids: Tensor) -> Tensor:
        """The embedding, projected where its width is another than that of the residual stream."""
        embedded: Tensor = self.embedding(input_ids)
        return embedded if self.embedding_projection is None else self.embedding_projection(embedded)

    def predict(self, x: Tensor) -> Tensor:
        """(..., hidden) behind the final norm to (..., vocabulary)."""
        if self.output is not None:
            logits: Tensor = self.output(x)
            return logits
        if self.embedding_projection is not None:
            x = x @ self.embedding_projection.weight
        return x @ self.embedding.word.weight.T

    def embedding_weights(self) -> Mapping[str, str]:
        """The three tables, and the projection where there is one."""
        tables = named_weights("embedding", ("word", "position", "token_type"))
        return tables if self.embedding_projection is None else {**tables, "projection": "embedding_projection.weight"}

    def block_sites(self, index: int) -> BlockSites:
        """Those of a block; the sites of its operation have the names of the operation's children as roles."""
        block = self.blocks[index]
        assert isinstance(block, Block)
        children = [name for name, module in block.operation.named_children() if not isinstance(module, Mixing)]
        layers = range(len(block.feed_forward.layers))
        activations = range(len(block.feed_forward.activations))
        return BlockSites(
            weights=named_weights("operation", children)
            | {f"feed_forward_{i}": f"feed_forward.layers.{i}.weight" for i in layers},
            heads=_heads(block.operation, children),
            activations={f"feed_forward_{i}": f"feed_forward.activations.{i}" for i in activations},
        )

    def output_weights(self) -> Mapping[str, str]:
        """The linear layer behind the final norm of a pre-norm model."""
        return {} if self.output is None else {"vocabulary": "output.weight"}


def _heads(operation: nn.Module, children: list[str]) -> dict[str, ModuleTensor]:
    if isinstance(operation, LinearTransform):
        # what goes into the transform is the counterpart of query, key and value
        return {"transform": ModuleTensor("operation.mix", take="input")}
    return separate_heads(role for role in children if role in ("query", "key", "value", "wma"))


def build(plan: FlexiBertPlan, seed: int) -> FlexiBertModel:
    """Build the model of a plan with weights that follow from the seed."""
    return build_seeded(lambda: FlexiBertModel(plan), seed, xavier if plan.pre_norm else normal(lambda _: 0.02))
