"""The Transformer-XL decoder of LiteTransformerSearch: post-norm blocks between adaptive embedding and softmax."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn

from lpzero.errors import InputError
from lpzero.spaces.models.adaptive import AdaptiveEmbedding, AdaptiveSoftmax
from lpzero.spaces.models.output import ModelOutput, next_tokens
from lpzero.spaces.models.sites import OutputSite, ParameterSite, SiteMap
from lpzero.spaces.models.weights import Linear, build_seeded, normal
from lpzero.spaces.transfo_xl.attention import RelativeAttention
from lpzero.spaces.transfo_xl.plan import MAX_TOKENS, TransfoXlPlan


class FeedForward(nn.Module):
    """Two linear layers with a ReLU between them."""

    def __init__(self, width: int, inner_width: int) -> None:
        super().__init__()
        self.inner = Linear(width, inner_width)
        self.activation = nn.ReLU()
        self.output = Linear(inner_width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, tokens, width) to the same shape."""
        out: Tensor = self.output(self.activation(self.inner(x)))
        return out


class Block(nn.Module):
    """Attention and feed-forward, each followed by the residual connection and a LayerNorm."""

    def __init__(self, width: int, inner_width: int, heads: int) -> None:
        super().__init__()
        self.operation = RelativeAttention(width, heads)
        self.operation_norm = nn.LayerNorm(width)
        self.feed_forward = FeedForward(width, inner_width)
        self.feed_forward_norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the residual stream behind the block, and the probabilities."""
        attended, probabilities = self.operation(x)
        x = self.operation_norm(x + attended)
        return self.feed_forward_norm(x + self.feed_forward(x)), probabilities


class TransfoXlModel(nn.Module):
    """A Transformer-XL decoder; it keeps :class:`lpzero.spaces.models.sites.SitedModel`.

    It reads a single segment: the memory of earlier segments, which training and evaluation of the published
    models had, is empty. It has no parameters, so that all of them are there.
    """

    def __init__(self, plan: TransfoXlPlan) -> None:
        super().__init__()
        self.embedding = AdaptiveEmbedding(plan)
        self.blocks = nn.ModuleList(
            Block(plan.width, inner, heads) for inner, heads in zip(plan.inner_widths, plan.heads, strict=True)
        )
        self.output = AdaptiveSoftmax(plan)

    def forward(
        self,
        input_ids: Tensor,
        labels: Tensor,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> ModelOutput:
        """Run the model and compute its causal language-model loss.

        Args:
            input_ids: (batch, tokens) integers from 0 to 267735, at most 192 tokens, the length of a segment.
            labels: (batch, tokens), ``input_ids`` or -100 where there is nothing to predict; each is
                predicted from the tokens before it, the first of a row is not.
            output_attentions: Whether to return the attention probabilities.
            output_hidden_states: Whether to return the residual stream.

        Raises:
            InputError: If there are more than 192 tokens, or no label behind the first token.
        """
        states, attentions = self._states(input_ids)
        return ModelOutput(
            loss=self._loss(states[-1], labels),
            hidden_states=tuple(states) if output_hidden_states else None,
            attentions=tuple(attentions) if output_attentions else None,
        )

    def _states(self, input_ids: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """The residual stream before the first block and behind each, and the attention probabilities of each."""
        tokens = input_ids.shape[1]
        if tokens > MAX_TOKENS:
            raise InputError(f"input_ids: expected at most {MAX_TOKENS} tokens, found {tokens}")
        x = self.embedding(input_ids)
        states: list[Tensor] = [x]
        attentions: list[Tensor] = []
        for block in self.blocks:
            x, probabilities = block(x)
            states.append(x)
            attentions.append(probabilities)
        return states, attentions

    def logits(self, input_ids: Tensor) -> Tensor:
        """The logarithm of the probability of each next id.

        Args:
            input_ids: As :meth:`forward` takes them.

        Returns:
            (batch, tokens, vocabulary).
        """
        return self.output.logarithms(self._states(input_ids)[0][-1], self.embedding)

    def _loss(self, x: Tensor, labels: Tensor) -> Tensor:
        targets, labelled = next_tokens(labels)
        loss: Tensor = self.output(x[:, :-1][labelled], targets[labelled], self.embedding)
        return loss

    def site_map(self) -> SiteMap:
        """The sites of this model; query, key and value are parts of one fused projection."""
        depth = len(self.blocks)
        parameters = [
            ParameterSite(0, f"{role}_{i}", "embedding", f"embedding.{modules}.{i}.weight")
            for role, modules in (("word", "tables"), ("projection", "projections"))
            for i in range(len(getattr(self.embedding, modules)))
        ]
        outputs: list[OutputSite] = []
        for index in range(depth):
            parameters += _parameter_sites(index)
            outputs += _output_sites(index, width=self.embedding.width)
        if self.output.projection is not None:
            parameters.append(ParameterSite(depth + 1, "projection", "output", "output.projection.weight"))
        parameters.append(ParameterSite(depth + 1, "cluster", "output", "output.cluster.weight"))
        return SiteMap(depth, tuple(parameters), tuple(outputs), embedding="embedding")


def _parameter_sites(index: int) -> Iterator[ParameterSite]:
    operation, feed_forward = f"blocks.{index}.operation", f"blocks.{index}.feed_forward"
    for role in ("query_key_value", "position_key", "output"):
        yield ParameterSite(index + 1, role, "operation", f"{operation}.{role}.weight")
    for role in ("content_bias", "position_bias"):
        yield ParameterSite(index + 1, role, "operation", f"{operation}.{role}")
    for i, name in enumerate(("inner", "output")):
        yield ParameterSite(index + 1, f"feed_forward_{i}", "feed_forward", f"{feed_forward}.{name}.weight")


def _output_sites(index: int, *, width: int) -> Iterator[OutputSite]:
    for i, role in enumerate(("query", "key", "value")):
        part = (i * width, (i + 1) * width)
        yield OutputSite("head", index + 1, role, f"blocks.{index}.operation.query_key_value", part=part)
    yield OutputSite("activation", index + 1, "feed_forward_0", f"blocks.{index}.feed_forward.activation")


def build(plan: TransfoXlPlan, seed: int) -> TransfoXlModel:
    """Build the model of a plan with weights that follow from the seed."""
    return build_seeded(lambda: TransfoXlModel(plan), seed, normal(lambda name: 0.01 if "projection" in name else 0.02))
