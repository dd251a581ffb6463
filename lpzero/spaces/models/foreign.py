"""Models that are not ours, made to answer as the extraction asks.

A transformers model answers already. Any other module is called with what its ``forward`` takes; what it returns is
read as a loss, as logits, or as an object or a dict that has them. What it does not show (hidden states, attention)
stays empty.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn

from lpzero.spaces.models.answer import language_loss, read_answer
from lpzero.spaces.models.calling import Calling, signed, uncompiled
from lpzero.spaces.models.output import UNLABELLED, ModelOutput
from lpzero.spaces.space import Objective


class Answering(nn.Module):
    """A model behind the calling convention of :class:`lpzero.spaces.models.sites.SitedModel`.

    Args:
        model: Takes ids, (batch, tokens), as ``input_ids`` or first.
        objective: Which loss its logits stand for, where it returns no loss.
        calling: How it is called; None for what the signature of its ``forward`` says.
        vocabulary: Width of its logits, to tell them from states that it returns beside them; None if not known.
    """

    stands_for_another = True

    def __init__(
        self,
        model: nn.Module,
        objective: Objective,
        calling: Calling | None = None,
        vocabulary: int | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.objective = objective
        self.calling = signed(model) if calling is None else calling
        self.vocabulary = vocabulary
        self._arguments, self._open_ended = self.calling.taken, self.calling.open_ended

    def forward(
        self,
        input_ids: Tensor,
        labels: Tensor,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
        **more: Any,
    ) -> ModelOutput:
        """Call the model and read what it returns; what else there is in a batch goes as far as ``forward`` takes it.

        Raises:
            LpzeroError: It holds no loss and no logits.
        """
        calling = self.calling
        wanted = {
            "output_attentions": output_attentions,
            "output_hidden_states": output_hidden_states,
            "return_dict": True,
            "use_cache": False,
        }
        given = {**calling.flags(wanted), **{name: value for name, value in more.items() if calling.takes(name)}}
        # what a user's batch has under the model's own name goes as it is
        told = calling.labels in given
        if calling.labels is not None and not told:
            given[calling.labels] = calling.turned(self._targets(input_ids, labels))
        with self._entering() as entered:
            output = calling.call(self.model, input_ids, given)
        batch, tokens = input_ids.shape
        answer = read_answer(output, (batch, tokens), self.vocabulary, turned=calling.time_first)
        loss = answer.loss
        if loss is None or (calling.labels is not None and calling.unlabelled is None and not told):
            loss = language_loss(answer.required_logits(), labels, self.objective)
        return ModelOutput(loss, (*entered, *answer.hidden_states), answer.attentions)

    def _targets(self, input_ids: Tensor, labels: Tensor) -> Tensor:
        """The labels as the model takes them."""
        calling = self.calling
        if not calling.own_place:
            return labels
        if calling.unlabelled is None:
            # any ids do: the loss is taken from the logits
            return following(input_ids, input_ids[:, -1:])
        if self.objective == "causal":
            labels = following(labels, torch.full_like(labels[:, :1], UNLABELLED))
        return labels.masked_fill(labels == UNLABELLED, calling.unlabelled)

    @contextmanager
    def _entering(self) -> Iterator[list[Tensor]]:
        """What enters the first block in the next call, where the hidden states of the model begin behind it."""
        entered: list[Tensor] = []
        if self.calling.first_block is None:
            yield entered
            return

        def record(_module: nn.Module, args: tuple[Any, ...]) -> None:
            # a block may write over what it was given
            entered[:] = [self.calling.turned(args[0]).clone()]

        block = uncompiled(self.model).get_submodule(self.calling.first_block)
        handle = block.register_forward_pre_hook(record)
        try:
            yield entered
        finally:
            handle.remove()

    def get_input_embeddings(self) -> nn.Module:
        """The word embedding, where it is known; raises NotImplementedError elsewhere."""
        ask = getattr(self.model, "get_input_embeddings", None)
        if not callable(ask):
            if self.calling.embedding is None:
                raise NotImplementedError
            return uncompiled(self.model).get_submodule(self.calling.embedding)
        embedding: nn.Module = ask()
        return embedding


def following(ids: Tensor, last: Tensor) -> Tensor:
    """Each token's successor, (batch, tokens); ``last``, (batch, 1), stands behind the last."""
    return torch.cat((ids[:, 1:], last), dim=1)


def guessed_objective(model: nn.Module) -> Objective:
    """``"masked"`` for a masked language model, else ``"causal"``.

    A class of transformers is what its tables of masked and of causal models say, and where both have it, as XLM's,
    what its configuration says. Any other model is masked where its class is called so.
    """
    inner = uncompiled(model)
    transformers = sys.modules.get("transformers")
    # None where it is not installed, and no module of a model that is its own
    if transformers is not None and isinstance(inner, transformers.PreTrainedModel):
        return _objective_of(type(inner), inner.config)
    return "masked" if "MaskedLM" in type(inner).__name__ else "causal"


def _objective_of(kind: type, config: Any) -> Objective:
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_MASKED_LM_MAPPING

    if getattr(config, "is_encoder_decoder", False):
        # every token of what is to be written has a label
        return "causal"
    masked, causal = (
        type(config) in mapping and issubclass(kind, cast(Any, mapping[type(config)]))
        for mapping in (MODEL_FOR_MASKED_LM_MAPPING, MODEL_FOR_CAUSAL_LM_MAPPING)
    )
    decodes = getattr(config, "is_decoder", False) or getattr(config, "causal", False)
    if masked != causal:
        return "masked" if masked else "causal"
    return "masked" if type(config) in MODEL_FOR_MASKED_LM_MAPPING and not decodes else "causal"
