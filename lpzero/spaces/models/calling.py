"""How a model that is not ours is called: which arguments of its ``forward`` take what, as its signature says."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from lpzero.spaces.models.output import UNLABELLED

IDS = "input_ids"
LABELS = ("labels", "label", "lm_labels", "targets", "target", "target_ids", "y")
"""What ``forward`` calls the labels, the first of these that it has."""
FLAGS = ("output_attentions", "output_hidden_states", "return_dict", "use_cache")
"""What models of transformers are asked."""


@dataclass(frozen=True)
class Calling:
    """How a model is called.

    Attributes:
        ids: The argument with the token ids; None where they go first, without a name.
        first: The name of the first argument, whatever it takes; empty where it has none.
        labels: The argument with the labels; None where there is none.
        own_place: Whether the model predicts each label at its own place, so that a causal one is given the token that
            follows; else labels are the tokens themselves, which the model shifts.
        unlabelled: The label of a position that its loss leaves out; None where the loss is taken from the logits,
            whatever labels it is given.
        time_first: Whether it takes ids as (tokens, batch).
        embedding: The table that looks the ids up; None where it is not known.
        first_block: The module whose input its hidden states lack, where these begin behind the first block.
        taken: The names of its arguments.
        required: Those without which it cannot be called, ids and labels apart.
        open_ended: Whether it takes any other name as well.
    """

    ids: str | None
    first: str
    labels: str | None
    own_place: bool = False
    unlabelled: int | None = UNLABELLED
    time_first: bool = False
    embedding: str | None = None
    first_block: str | None = None
    taken: frozenset[str] = frozenset()
    required: tuple[str, ...] = ()
    open_ended: bool = False

    def takes(self, name: str) -> bool:
        """Whether ``forward`` takes an argument of a name."""
        return name in self.taken or self.open_ended

    def call(self, model: nn.Module, ids: Tensor, given: Mapping[str, Any]) -> Any:
        """Call a model with ids (batch, tokens) and further arguments by name."""
        placed = self.turned(ids)
        return model(placed, **given) if self.ids is None else model(**{self.ids: placed}, **given)

    def turned(self, tensor: Tensor) -> Tensor:
        """Ids or labels, (batch, tokens), with the axes that the model reads."""
        return tensor.transpose(0, 1).contiguous() if self.time_first else tensor

    def flags(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the flags of transformers that ``forward`` takes."""
        asked = self.open_ended and self.ids == IDS
        return {name: value for name, value in wanted.items() if name in self.taken or asked}


def signed(model: nn.Module) -> Calling:
    """How a model is called, as the signature of its ``forward`` says.

    An argument ``labels`` is that of transformers, whose models shift it. Any other name is taken as that of the tokens
    to predict, each at its own place.

    >>> class Tiny(nn.Module):
    ...     def forward(self, idx, targets=None): ...
    >>> calling = signed(Tiny())
    >>> calling.first, calling.labels, calling.own_place
    ('idx', 'targets', True)
    """
    parameters = inspect.signature(uncompiled(model).forward).parameters
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    plain = {
        name: p
        for name, p in parameters.items()
        if p.kind not in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    }
    variadic = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters.values())
    first = next(iter(plain), "")
    named = IDS in plain or (open_ended and not plain and not variadic)
    ids = IDS if named else None
    own = IDS if named else first
    # the first argument takes ids, whatever it is called
    labels = next((name for name in LABELS if name in plain and name != own), None)
    if labels is None and open_ended and named:
        labels = LABELS[0]
    required = tuple(
        name for name, p in plain.items() if p.default is inspect.Parameter.empty and name not in (own, labels)
    )
    return Calling(
        ids=ids,
        first=own,
        labels=labels,
        own_place=labels not in (None, LABELS[0]),
        taken=frozenset(plain),
        required=required,
        open_ended=open_ended,
    )


def uncompiled(model: nn.Module) -> nn.Module:
    """What ``torch.compile`` or a parallel wrapper was given; the model itself elsewhere."""
    inner = getattr(model, "_orig_mod", None)
    if inner is None and isinstance(model, nn.DataParallel):
        inner = model.module
    return uncompiled(inner) if isinstance(inner, nn.Module) else model
