"""A space's model behind the calling convention of transformers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput, CausalLMOutputWithCrossAttentions, MaskedLMOutput
from transformers.utils.generic import ModelOutput

from lpzero.errors import InputError
from lpzero.pretrained.configuration import LpzeroConfig
from lpzero.spaces.models.sites import LanguageModel, SiteMap

# the states of an encoder-decoder are those of both stacks in one tuple, which the class of transformers keeps apart
OUTPUTS = {"causal": CausalLMOutput, "masked": MaskedLMOutput, "seq2seq": CausalLMOutputWithCrossAttentions}
ALIGNMENT = 64
"""Bytes that torch aligns its own tensors to."""
_INNER = "model"


class LpzeroModel(PreTrainedModel):  # type: ignore[no-untyped-call]
    """A language model of a search space, which lies under ``model``; it keeps ``SitedModel`` itself.

    Weights that no file gives are made as the space makes them, with a seed from torch's global generator.

    Args:
        config: Of the class that belongs to this one.

    Raises:
        InputError: The space's models are not what :class:`lpzero.spaces.models.sites.LanguageModel` says.
    """

    config_class = LpzeroConfig
    base_model_prefix = _INNER

    def __init__(self, config: LpzeroConfig) -> None:
        super().__init__(config)
        space = config.search_space()
        self._objective = space.objective
        self.model: nn.Module = space.blank(config.point())
        if not isinstance(self.model, LanguageModel):
            found = type(self.model).__name__
            raise InputError(f"space {space.name}: expected models with the methods logits and site_map, found {found}")
        self._tied_weights_keys = _shared(self)
        # where transformers loads weights, the default device is meta and the model stays as it is
        self.model.to_empty(device=torch.get_default_device())
        self.post_init()  # type: ignore[no-untyped-call]

    @classmethod
    def around(cls, config: LpzeroConfig, model: nn.Module) -> LpzeroModel:
        """The transformers model of one that is built already.

        Args:
            config: Of the class that belongs to this one.
            model: What the space built for the configuration's architecture; it is taken, not copied.
        """
        with torch.device("meta"):
            made = cls(config)
        made.model = model
        made.train(model.training)
        return made

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        return_dict: bool | None = None,
    ) -> ModelOutput | tuple[Any, ...]:
        """Run the model.

        With labels, or where hidden states or attentions are asked for, the space's model runs twice: once for the
        logits, then for its own loss, so that the loss is the one that scores are computed with, to the last bit.

        Args:
            input_ids: (batch, tokens) integers from 0, below the vocabulary, at most ``max_position_embeddings``.
            attention_mask: (batch, tokens) ones: the models read whole sequences, without padding.
            labels: (batch, tokens) ids to predict, -100 where there is nothing to predict. A causal model predicts
                each from the tokens before it, so the labels are the ids themselves; from a source to a target they are
                the target, and without them the source is read once more.
            output_attentions: Whether to return the attention probabilities; None for what the configuration says.
            output_hidden_states: Whether to return the residual stream; likewise.
            return_dict: Whether to return an output object instead of a tuple; likewise.

        Returns:
            ``loss`` (scalar, in nats; with labels), ``logits`` (batch, tokens, vocabulary), ``hidden_states``
            (depth + 1 tensors (batch, tokens, width)) and ``attentions`` (for each layer (batch, heads, tokens,
            tokens), or None where it has no attention), the last two where they were asked for; of an encoder-decoder
            ``cross_attentions`` as well.

        Raises:
            InputError: The mask hides a token, there are too many tokens, or there is nothing to predict.
        """
        _check_mask(attention_mask)
        attentions = self.config.output_attentions if output_attentions is None else output_attentions
        states = self.config.output_hidden_states if output_hidden_states is None else output_hidden_states
        as_object = self.config.return_dict if return_dict is None else return_dict
        assert isinstance(self.model, LanguageModel)
        kind = OUTPUTS[self._objective]
        # first the logits: what hooks recorded last is then part of the loss, which gradients start from
        target = {"labels": labels} if self._objective == "seq2seq" else {}
        logits = self.model.logits(input_ids, **target)
        if labels is None and not attentions and not states:
            output: ModelOutput = kind(logits=logits)
        else:
            targets = self._anything(input_ids) if labels is None else labels
            found = self.model(input_ids, targets, bool(attentions), bool(states))
            loss = None if labels is None else found.loss
            across = {} if found.cross_attentions is None else {"cross_attentions": found.cross_attentions}
            shown = {"hidden_states": found.hidden_states, "attentions": found.attentions, **across}
            output = kind(loss=loss, logits=logits, **shown)
        return output if as_object else output.to_tuple()

    def _anything(self, input_ids: Tensor) -> Tensor:
        """Labels for a pass whose loss nobody looks at."""
        if self._objective == "causal" and input_ids.shape[1] < 2:
            found = "found a single one"
            raise InputError(f"input_ids: expected 2 tokens for hidden states or attentions without labels, {found}")
        return input_ids

    def site_map(self) -> SiteMap:
        """The sites of the space's model, under the names that they have here."""
        assert isinstance(self.model, LanguageModel)
        inner = self.model.site_map()
        return replace(
            inner,
            parameters=tuple(replace(site, parameter=f"{_INNER}.{site.parameter}") for site in inner.parameters),
            outputs=tuple(replace(site, module=f"{_INNER}.{site.module}") for site in inner.outputs),
            embedding=f"{_INNER}.{inner.embedding}",
        )

    def get_input_embeddings(self) -> nn.Module:
        """The module that makes (batch, tokens, width) of ids: a table, or several with what adds them up."""
        return self.get_submodule(self.site_map().embedding)

    @torch.no_grad()
    def initialize_weights(self) -> None:
        """Draw the weights that no file gave (transformers marks those that one did), and take the others out of it.

        In a file a weight begins at any byte, and sums over it round differently than over the space's own.

        Raises:
            InputError: The model is a sub-network, whose weights are those of its checkpoint.
        """
        for weight in self.model.parameters():
            if weight.data_ptr() % ALIGNMENT:
                weight.data = weight.data.clone()
        # a buffer that is not saved is as little in a file as a weight that is missing there
        missing = {name: tensor for name, tensor in _tensors(self.model) if not _loaded(tensor)}
        if not missing:
            return
        if self.config.checkpoint is not None:
            raise InputError(
                f"expected the weights of a sub-network (protocol {self.config.protocol}), found none of "
                f"{_INNER}.{next(iter(missing))}: lpzero build with its checkpoint as --space writes them"
            )
        seed = int(torch.randint(2**63 - 1, (), device="cpu"))
        drawn = dict(_tensors(self.config.search_space().build(self.config.point(), seed)))
        for name, tensor in missing.items():
            tensor.copy_(drawn[name])


def _tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Every name of every parameter and buffer."""
    yield from model.named_parameters(remove_duplicate=False)
    yield from model.named_buffers(remove_duplicate=False)


def _shared(model: nn.Module) -> dict[str, str]:
    """The further names of parameters that have several, each with the first: what transformers calls tied."""
    first: dict[nn.Parameter, str] = {}
    return {
        name: first[weight]
        for name, weight in model.named_parameters(remove_duplicate=False)
        if first.setdefault(weight, name) != name
    }


def _loaded(weight: Tensor) -> bool:
    return bool(getattr(weight, "_is_hf_initialized", False))


def _check_mask(mask: Tensor | None) -> None:
    if mask is not None and not bool((mask == 1).all()):
        raise InputError(
            "attention_mask: expected ones alone, found others: the models of lpzero read whole sequences, so give "
            "those of one length together, without padding"
        )
