"""The FlexiBERT model: an encoder, post-norm or pre-norm, with a masked language-model loss."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from torch import Tensor, nn

from lpzero.errors import InputError
from lpzero.spaces.flexibert.operations import LinearTransform, Mixing, build_operation
from lpzero.spaces.flexibert.plan import FlexiBertPlan, LayerPlan
from lpzero.spaces.models.output import UNLABELLED, ModelOutput
from lpzero.spaces.models.sites import OutputSite, ParameterSite, SiteMap
from lpzero.spaces.models.weights import Embedding, Linear, build_seeded, normal, xavier

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


class FlexiBertModel(nn.Module):
    """A FlexiBERT encoder; it keeps :class:`lpzero.spaces.models.sites.SitedModel`.

    The language-model head of a post-norm model has no parameters: the hidden state goes back through the
    transposed projection of the embedding, where there is one, and is compared with the word embeddings. A
    pre-norm one has a norm and a linear layer of its own.
    """

    def __init__(self, plan: FlexiBertPlan) -> None:
        super().__init__()
        self.max_tokens = plan.max_tokens
        self.embedding = FlexiBertEmbedding(plan)
        projected = plan.hidden != plan.embedding_width
        self.embedding_projection = Linear(plan.embedding_width, plan.hidden) if projected else None
        self.blocks = nn.ModuleList(Block(plan.hidden, layer, pre_norm=plan.pre_norm) for layer in plan.layers)
        self.final_norm = nn.LayerNorm(plan.hidden, eps=NORM_EPSILON) if plan.pre_norm else None
        self.output = Linear(plan.hidden, plan.vocabulary) if plan.pre_norm else None

    def forward(
        self,
        input_ids: Tensor,
        labels: Tensor,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> ModelOutput:
        """Run the model and compute its masked language-model loss.

        Args:
            input_ids: (batch, tokens) integers from 0, below the vocabulary and at most as many as the plan's.
            labels: (batch, tokens) the ids to predict, -100 where there is nothing to predict.
            output_attentions: Whether to return the attention probabilities.
            output_hidden_states: Whether to return the residual stream.

        Raises:
            InputError: If there are too many tokens, or no label.
        """
        states, attentions = self._states(input_ids)
        return ModelOutput(
            loss=self._loss(states[-1], labels),
            hidden_states=tuple(states) if output_hidden_states else None,
            attentions=tuple(attentions) if output_attentions else None,
        )

    def _states(self, input_ids: Tensor) -> tuple[list[Tensor], list[Tensor | None]]:
        """The residual stream before the first block and behind each, and the attention probabilities of each."""
        if input_ids.shape[1] > self.max_tokens:
            raise InputError(f"input_ids: expected at most {self.max_tokens} tokens, found {input_ids.shape[1]}")
        x = self.embedding(input_ids)
        if self.embedding_projection is not None:
            x = self.embedding_projection(x)
        states: list[Tensor] = [x]
        attentions: list[Tensor | None] = []
        for block in self.blocks:
            x, probabilities = block(x)
            states.append(x)
            attentions.append(probabilities)
        return states, attentions

    def logits(self, input_ids: Tensor) -> Tensor:
        """What the model says of each id, before the softmax.

        Args:
            input_ids: As :meth:`forward` takes them.

        Returns:
            (batch, tokens, vocabulary).
        """
        return self._vocabulary(self._states(input_ids)[0][-1])

    def _loss(self, x: Tensor, labels: Tensor) -> Tensor:
        labelled = labels != UNLABELLED
        if not labelled.any():
            raise InputError(f"labels: expected a position that is not {UNLABELLED}, found none")
        # Logits over the vocabulary cost more than all the blocks: only where they are compared with a label.
        return nn.functional.cross_entropy(self._vocabulary(x[labelled]), labels[labelled])

    def _vocabulary(self, x: Tensor) -> Tensor:
        """(..., hidden) to (..., vocabulary)."""
        if self.final_norm is not None and self.output is not None:
            logits: Tensor = self.output(self.final_norm(x))
            return logits
        if self.embedding_projection is not None:
            x = x @ self.embedding_projection.weight
        return x @ self.embedding.word.weight.T

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
        if self.output is not None:
            parameters.append(ParameterSite(len(self.blocks) + 1, "vocabulary", "output", "output.weight"))
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


def build(plan: FlexiBertPlan, seed: int) -> FlexiBertModel:
    """Build the model of a plan with weights that follow from the seed."""
    return build_seeded(lambda: FlexiBertModel(plan), seed, xavier if plan.pre_norm else normal(lambda _: 0.02))
