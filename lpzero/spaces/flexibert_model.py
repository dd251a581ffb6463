"""The FlexiBERT model: a post-norm encoder with a masked language-model loss."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from torch import Tensor, nn

from lpzero.errors import InputError
from lpzero.spaces.flexibert_operations import LinearTransform, Mixing, build_operation
from lpzero.spaces.flexibert_plan import MAX_TOKENS, VOCABULARY, LayerPlan, Plan
from lpzero.spaces.output import ModelOutput
from lpzero.spaces.sites import OutputSite, ParameterSite, SiteMap
from lpzero.spaces.weights import Embedding, Linear, build_seeded

EMBEDDING_WIDTH = 128
TOKEN_TYPES = 2
NORM_EPSILON = 1e-12
UNLABELLED = -100


class FlexiBertEmbedding(nn.Module):
    """The sum of word, position and token-type embeddings, normalised; every token is of type 0."""

    def __init__(self) -> None:
        super().__init__()
        self.word = Embedding(VOCABULARY, EMBEDDING_WIDTH)
        self.position = Embedding(MAX_TOKENS, EMBEDDING_WIDTH)
        self.token_type = Embedding(TOKEN_TYPES, EMBEDDING_WIDTH)
        self.norm = nn.LayerNorm(EMBEDDING_WIDTH, eps=NORM_EPSILON)

    def forward(self, input_ids: Tensor) -> Tensor:
        """(batch, tokens) ids to (batch, tokens, 128)."""
        places = self.position.weight[: input_ids.shape[1]] + self.token_type.weight[0]
        embedded: Tensor = self.norm(self.word(input_ids) + places)
        return embedded


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
    """An operation and a feed-forward, each followed by the residual connection and a LayerNorm.

    An operation that the plan does not wrap goes on bare.
    """

    def __init__(self, hidden: int, layer: LayerPlan) -> None:
        super().__init__()
        self.operation = build_operation(hidden, layer)
        self.operation_norm = nn.LayerNorm(hidden, eps=NORM_EPSILON) if layer.wrapped else None
        self.feed_forward = FeedForward(hidden, layer.widths)
        self.feed_forward_norm = nn.LayerNorm(hidden, eps=NORM_EPSILON)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Returns the residual stream behind the block, and the attention probabilities or None."""
        mixed, probabilities = self.operation(x)
        x = mixed if self.operation_norm is None else self.operation_norm(x + mixed)
        return self.feed_forward_norm(x + self.feed_forward(x)), probabilities


class FlexiBertModel(nn.Module):
    """A FlexiBERT encoder; it keeps :class:`lpzero.spaces.sites.SitedModel`.

    The language-model head has no parameters: the hidden state goes back through the transposed projection of
    the embedding, where there is one, and is compared with the word embeddings.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.embedding = FlexiBertEmbedding()
        projected = plan.hidden != EMBEDDING_WIDTH
        self.embedding_projection = Linear(EMBEDDING_WIDTH, plan.hidden) if projected else None
        self.blocks = nn.ModuleList(Block(plan.hidden, layer) for layer in plan.layers)

    def forward(
        self,
        input_ids: Tensor,
        labels: Tensor,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> ModelOutput:
        """Run the model and compute its masked language-model loss.

        Args:
            input_ids: (batch, tokens) integers from 0 to 30521, at most 512 tokens.
            labels: (batch, tokens) the ids to predict, -100 where there is nothing to predict.
            output_attentions: Whether to return the attention probabilities.
            output_hidden_states: Whether to return the residual stream.

        Raises:
            InputError: If there are more than 512 tokens, or no label.
        """
        if input_ids.shape[1] > MAX_TOKENS:
            raise InputError(f"input_ids: expected at most {MAX_TOKENS} tokens, found {input_ids.shape[1]}")
        x = self.embedding(input_ids)
        if self.embedding_projection is not None:
            x = self.embedding_projection(x)
        states, attentions = [x], []
        for block in self.blocks:
            x, probabilities = block(x)
            states.append(x)
            attentions.append(probabilities)
        return ModelOutput(
            loss=self._loss(x, labels),
            hidden_states=tuple(states) if output_hidden_states else None,
            attentions=tuple(attentions) if output_attentions else None,
        )

    def _loss(self, x: Tensor, labels: Tensor) -> Tensor:
        labelled = labels != UNLABELLED
        if not labelled.any():
            raise InputError(f"labels: expected a position that is not {UNLABELLED}, found none")
        # Logits over the vocabulary cost more than all the blocks: only where they are compared with a label.
        x = x[labelled]
        if self.embedding_projection is not None:
            x = x @ self.embedding_projection.weight
        return nn.functional.cross_entropy(x @ self.embedding.word.weight.T, labels[labelled])

    def site_map(self) -> SiteMap:
        """The sites of this model; those of an operation have its children's names as roles."""
        parameters = [
            ParameterSite(0, role, "embedding", f"embedding.{role}.weight")
            for role in ("word", "position", "token_type")
        ]
        if self.embedding_projection is not None:
            parameters.append(ParameterSite(0, "projection", "embedding", "embedding_projection.weight"))
        outputs: list[OutputSite] = []
        for index, block in enumerate(self.blocks):
            assert isinstance(block, Block)
            parameters += _parameter_sites(block, index)
            outputs += _output_sites(block, index)
        return SiteMap(len(self.blocks), tuple(parameters), tuple(outputs), embedding="embedding")


def _parameter_sites(block: Block, index: int) -> Iterator[ParameterSite]:
    for role in (name for name, module in block.operation.named_children() if not isinstance(module, Mixing)):
        yield ParameterSite(index + 1, role, "operation", f"blocks.{index}.operation.{role}.weight")
    for i in range(len(block.feed_forward.layers)):
        name = f"blocks.{index}.feed_forward.layers.{i}.weight"
        yield ParameterSite(index + 1, f"feed_forward_{i}", "feed_forward", name)


def _output_sites(block: Block, index: int) -> Iterator[OutputSite]:
    if isinstance(block.operation, LinearTransform):
        # what goes into the transform is the counterpart of query, key and value
        yield OutputSite("head", index + 1, "transform", f"blocks.{index}.operation.mix", take="input")
    else:
        for role, _ in block.operation.named_children():
            if role in ("query", "key", "value", "wma"):
                yield OutputSite("head", index + 1, role, f"blocks.{index}.operation.{role}")
    for i in range(len(block.feed_forward.activations)):
        name = f"blocks.{index}.feed_forward.activations.{i}"
        yield OutputSite("activation", index + 1, f"feed_forward_{i}", name)


def build(plan: Plan, seed: int) -> FlexiBertModel:
    """Build the model of a plan with weights that follow from the seed."""
    return build_seeded(lambda: FlexiBertModel(plan), seed, lambda _: 0.02)
