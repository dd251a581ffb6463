"""A language model of a stack of blocks: what the models of every family do alike.

A family makes the parts and says how they fit together; the forward pass, the loss, the logits and the site map follow.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor, nn

from lpzero.errors import InputError
from lpzero.spaces.models.output import ModelOutput, next_tokens, same_tokens
from lpzero.spaces.models.sites import BlockSites, SiteMap, stack_sites
from lpzero.spaces.space import Objective


class Transformer(nn.Module, ABC):
    """Blocks between an embedding and an output; it keeps :class:`lpzero.spaces.models.sites.LanguageModel`.

    The ``__init__`` of a family makes the parts, in the order in which their weights are drawn. What comes before the
    blocks has a name that begins with ``embedding``, what comes behind the final norm one that begins with ``output``.

    Args:
        max_tokens: The longest sequence.

    Attributes:
        objective: Whether labels are compared with the prediction at the place before them (``"causal"``), or at their
            own (``"masked"``).
        embedding: Its output, (batch, tokens, width), is where the Jacobian is taken.
        blocks: Each takes (batch, tokens, width) and what :meth:`block_inputs` says; it returns the residual stream
            behind it, and its attention probabilities (batch, heads, tokens, tokens) or None.
        final_norm: Behind the last block; None where there is none.
    """

    objective: ClassVar[Objective] = "causal"

    embedding: nn.Module
    blocks: nn.ModuleList
    final_norm: nn.Module | None

    def __init__(self, max_tokens: int) -> None:
        super().__init__()
        self.max_tokens = max_tokens

    @abstractmethod
    def embed(self, input_ids: Tensor) -> Tensor:
        """(batch, tokens) ids to the residual stream that enters the first block, (batch, tokens, width)."""

    def block_inputs(self, x: Tensor) -> dict[str, Any]:
        """What every block takes beside the residual stream, by name: a mask, say; nothing unless a family says so.

        Args:
            x: (batch, tokens, width), as :meth:`embed` returns it.
        """
        del x
        return {}

    @abstractmethod
    def predict(self, x: Tensor) -> Tensor:
        """(..., width) behind the final norm to (..., vocabulary): the softmax over it are the probabilities."""

    def loss(self, x: Tensor, targets: Tensor) -> Tensor:
        """Mean cross entropy in nats.

        Args:
            x: (positions, width), behind the final norm.
            targets: (positions,) ids, one or more.
        """
        return nn.functional.cross_entropy(self.predict(x), targets)

    @abstractmethod
    def embedding_weights(self) -> Mapping[str, str]:
        """The parameters of two or more axes before the blocks: role to name."""

    @abstractmethod
    def block_sites(self, index: int) -> BlockSites:
        """The sites of a block, counted from 0."""

    def output_weights(self) -> Mapping[str, str]:
        """The parameters of two or more axes behind the blocks: role to name; none where they are the embedding's."""
        return {}

    def forward(
        self,
        input_ids: Tensor,
        labels: Tensor,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> ModelOutput:
        """Run the model and compute its language-model loss.

        Args:
            input_ids: (batch, tokens) integers from 0, below the vocabulary, at most ``max_tokens`` tokens.
            labels: (batch, tokens) ids, or -100 where there is nothing to predict. A masked model predicts each at its
                place, a causal one from the tokens before it: the first label of a row does not count.
            output_attentions: Whether to return the attention probabilities.
            output_hidden_states: Whether to return the residual stream, before the final norm.

        Raises:
            InputError: If there are too many tokens, or no label to predict.
        """
        states, attentions = self._states(input_ids)
        return ModelOutput(
            loss=self._labelled_loss(states[-1], labels),
            hidden_states=tuple(states) if output_hidden_states else None,
            attentions=tuple(attentions) if output_attentions else None,
        )

    def logits(self, input_ids: Tensor) -> Tensor:
        """What the model says of each id at each place: for a causal model of the next one.

        Args:
            input_ids: As :meth:`forward` takes them.

        Returns:
            (batch, tokens, vocabulary), before the softmax; logarithms of the probabilities are such numbers too.
        """
        return self.predict(self._normed(self._states(input_ids)[0][-1]))

    def site_map(self) -> SiteMap:
        """The sites of this model."""
        blocks = [self.block_sites(index) for index in range(len(self.blocks))]
        return stack_sites(self.embedding_weights(), blocks, self.output_weights(), embedding="embedding")

    def _states(self, input_ids: Tensor) -> tuple[list[Tensor], list[Tensor | None]]:
        """The residual stream before the first block and behind each, and the attention probabilities of each."""
        tokens = input_ids.shape[1]
        if tokens > self.max_tokens:
            raise InputError(f"input_ids: expected at most {self.max_tokens} tokens, found {tokens}")
        x = self.embed(input_ids)
        inputs = self.block_inputs(x)
        states: list[Tensor] = [x]
        attentions: list[Tensor | None] = []
        for block in self.blocks:
            x, probabilities = block(x, **inputs)
            states.append(x)
            attentions.append(probabilities)
        return states, attentions

    def _labelled_loss(self, x: Tensor, labels: Tensor) -> Tensor:
        if self.objective == "masked":
            targets, labelled = same_tokens(labels)
        else:
            targets, labelled = next_tokens(labels)
            x = x[:, :-1]
        # Logits over the vocabulary cost more than all the blocks: only where they are compared with a label.
        return self.loss(self._normed(x[labelled]), targets[labelled])

    def _normed(self, x: Tensor) -> Tensor:
        return x if self.final_norm is None else self.final_norm(x)
