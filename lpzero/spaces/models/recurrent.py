"""Recurrent models that are not ours: the modules and cells of PyTorch in them, their sites, their states over time.

A module such as ``torch.nn.LSTM`` returns the states of its last layer alone, and hides its gates in one kernel. Each
of its layers is run once more, by itself, for the states; the gates stay hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.spaces.models.discover import discover_sites
from lpzero.spaces.models.foreign import Answering
from lpzero.spaces.models.output import ModelOutput
from lpzero.spaces.models.sites import RECURRENT, Group, ParameterSite, SiteMap
from lpzero.spaces.space import Objective

_LAYER = re.compile(r"weight_(ih|hh|hr)(?:_l(\d+)(_reverse)?)?")
HIDDEN_GATES = "the gates of torch's recurrent modules are hidden in their kernels"


def recurrent_modules(model: nn.Module) -> dict[str, nn.Module]:
    """The recurrent modules and cells of a model by name, in the order in which they were made part of it."""
    kinds = (nn.RNNBase, nn.RNNCellBase)
    return {name: module for name, module in model.named_modules() if isinstance(module, kinds)}


def read_recurrent(model: nn.Module, objective: Objective) -> tuple[RecurrentAnswering, SiteMap] | None:
    """A model whose layers are recurrent modules of PyTorch, as the extraction calls it, with its sites.

    Args:
        model: Takes ``input_ids``, (batch, tokens), by name or first.
        objective: Which loss its logits stand for, where it returns no loss.

    Returns:
        None where it has no such modules, or blocks that they are only a part of.

    Raises:
        LpzeroError: It has no embedding.
    """
    answering = RecurrentAnswering(model, objective)
    modules = recurrent_modules(answering)
    if not modules or _are_parts_of_blocks(answering, modules):
        return None
    return answering, recurrent_sites(answering)


def _are_parts_of_blocks(model: nn.Module, modules: Mapping[str, nn.Module]) -> bool:
    """Whether a model has blocks that attend, or that hold recurrent modules but not one layer each."""
    try:
        found = discover_sites(model)
    except LpzeroError:
        return False
    if any(site.family == "head" for site in found.outputs):
        return True
    blocks = (site for site in found.parameters if 1 <= site.layer <= found.depth)
    within = any(site.parameter.rpartition(".")[0] in modules for site in blocks)
    return within and found.depth != sum(map(_layers_of, modules.values()))


def recurrent_sites(model: nn.Module) -> SiteMap:
    """The sites of a model whose layers are those of its recurrent modules, one after the other.

    In a layer the weights of its states (``weight_hh``) are the operation, those of its input and of a projection the
    feed-forward part. What comes before the first layer is ``embedding``, what comes behind the last one ``output``,
    and what lies between two belongs to the feed-forward part of the first of them.

    Args:
        model: It has recurrent modules.

    Raises:
        LpzeroError: It has no embedding.

    >>> model = nn.ModuleDict({"words": nn.Embedding(9, 4), "cells": nn.GRU(4, 3, num_layers=2)})
    >>> [(site.layer, site.group, site.role) for site in recurrent_sites(model).parameters[:3]]
    [(0, 'embedding', 'words'), (1, 'feed_forward', 'cells.weight_ih_l0'), (1, 'operation', 'cells.weight_hh_l0')]
    """
    layers = {name: _layers_of(module) for name, module in recurrent_modules(model).items()}
    depth = sum(layers.values())
    begins = dict(zip(layers, _running(list(layers.values())), strict=True))
    tables = [name for name, module in model.named_modules() if isinstance(module, nn.Embedding)]
    if not tables:
        raise LpzeroError(f"found no torch.nn.Embedding in {type(model).__name__}: give the model a site_map method")
    reached, sites = 0, []
    for name, parameter in model.named_parameters():
        owner, _, what = name.rpartition(".")
        role = name.removesuffix(".weight")
        if owner in begins:
            reached = begins[owner] + layers[owner]
        if parameter.ndim < 2:
            continue
        found = _LAYER.fullmatch(what) if owner in begins else None
        if found:
            group: Group = "operation" if found[1] == "hh" else "feed_forward"
            sites.append(ParameterSite(begins[owner] + int(found[2] or 0) + 1, role, group, name))
        elif role in tables or reached == 0:
            sites.append(ParameterSite(0, role, "embedding", name))
        elif reached == depth:
            sites.append(ParameterSite(depth + 1, role, "output", name))
        else:
            sites.append(ParameterSite(reached, role, "feed_forward", name))
    lacks = (("attention", RECURRENT), ("head", RECURRENT), ("activation", HIDDEN_GATES))
    return SiteMap(depth, tuple(sites), (), tables[0], lacks)


def _layers_of(module: nn.Module) -> int:
    return module.num_layers if isinstance(module, nn.RNNBase) else 1


def _running(numbers: list[int]) -> list[int]:
    return [sum(numbers[:i]) for i in range(len(numbers))]


@dataclass
class _Calls:
    """What passed through recurrent modules in one pass, in the order of the first call of each.

    Attributes:
        inputs: (batch, tokens, width) of a module, or of a cell those of its calls, (batch, width).
        states: The states of its layers behind each token; of a cell those behind each call, (batch, width).
    """

    inputs: dict[nn.Module, list[Tensor]] = field(default_factory=dict)
    states: dict[nn.Module, list[tuple[Tensor, ...]]] = field(default_factory=dict)

    def record(self, module: nn.Module, args: tuple[Any, ...], named: dict[str, Any], output: Any) -> None:
        """A forward hook."""
        x = args[0] if args else named.get("input")
        start = args[1] if len(args) > 1 else named.get("hx")
        if not isinstance(x, Tensor):
            # a packed sequence has no place for every token
            return
        if isinstance(module, nn.RNNBase):
            shown = _arranged(module, x), _layered(module, x, start, output[0])
        else:
            shown = x, (output[0] if isinstance(output, tuple) else output,)
        self.inputs.setdefault(module, []).append(shown[0].detach())
        self.states.setdefault(module, []).append(tuple(state.detach() for state in shown[1]))

    def hidden_states(self, modules: int, shape: torch.Size) -> tuple[Tensor, ...]:
        """What enters the first layer, and the states of every layer, each (batch, tokens, width).

        Args:
            modules: How many recurrent modules the model has.
            shape: (batch, tokens).

        Returns:
            Empty where they are not all seen over time: a module was not called, called several times, or called with
            other axes.
        """
        if len(self.states) != modules:
            return ()
        first = next(iter(self.states))
        found = [_over_time(first, self.inputs[first])]
        for module, calls in self.states.items():
            found += [_over_time(module, list(of_layer)) for of_layer in zip(*calls, strict=True)]
        shown = [one for one in found if one is not None and one.ndim == 3 and one.shape[:2] == shape]
        return tuple(shown) if len(shown) == len(found) else ()


def _over_time(module: nn.Module, calls: list[Tensor]) -> Tensor | None:
    """(batch, tokens, width) of the one call of a module, or of the calls of a cell, one a token."""
    if isinstance(module, nn.RNNCellBase):
        return torch.stack(calls, dim=1) if calls[0].ndim == 2 else None
    return calls[0] if len(calls) == 1 else None


def _arranged(module: nn.RNNBase, x: Tensor) -> Tensor:
    """What a module reads or returns, the batch first."""
    return x if module.batch_first or x.ndim != 3 else x.transpose(0, 1)


def _layered(module: nn.RNNBase, x: Tensor, start: Any, output: Tensor) -> tuple[Tensor, ...]:
    """The states of each layer, the batch first; dropout between layers is not there, as in evaluation."""
    if module.num_layers == 1 or x.ndim != 3:
        return (_arranged(module, output),)
    directions = 2 if module.bidirectional else 1
    states = []
    with torch.no_grad():
        for layer in range(module.num_layers):
            one = slice(layer * directions, (layer + 1) * directions)
            x = _run_layer(module, x, _started(module, x, start, one), module.all_weights[one])
            states.append(_arranged(module, x))
    return tuple(states)


def _started(module: nn.RNNBase, x: Tensor, start: Any, directions: slice) -> tuple[Tensor, ...]:
    """The states that a layer starts from, and of an LSTM its memory: what was given, else 0."""
    if start is not None:
        given = start if isinstance(start, tuple) else (start,)
        return tuple(part[directions].contiguous() for part in given)
    number = directions.stop - directions.start
    sequences = x.shape[0 if module.batch_first else 1]
    widths = (module.proj_size or module.hidden_size, module.hidden_size)
    return tuple(x.new_zeros(number, sequences, width) for width in widths[: 2 if module.mode == "LSTM" else 1])


def _run_layer(module: nn.RNNBase, x: Tensor, start: tuple[Tensor, ...], weights: Sequence[Sequence[Tensor]]) -> Tensor:
    flat = [weight for direction in weights for weight in direction]
    # one layer, no dropout, no training
    rest = (flat, module.bias, 1, 0.0, False, module.bidirectional, module.batch_first)
    kernels: dict[str, Any] = {"GRU": torch.gru, "RNN_TANH": torch.rnn_tanh, "RNN_RELU": torch.rnn_relu}
    found: Tensor = (
        torch.lstm(x, start, *rest)[0] if module.mode == "LSTM" else kernels[module.mode](x, start[0], *rest)[0]
    )
    return found


@contextmanager
def _recorded(model: nn.Module) -> Iterator[_Calls]:
    calls = _Calls()
    with ExitStack() as stack:
        for module in recurrent_modules(model).values():
            stack.callback(module.register_forward_hook(calls.record, with_kwargs=True).remove)
        yield calls


class RecurrentAnswering(Answering):
    """A recurrent model behind the calling convention, which shows the states of its layers as its hidden states."""

    def forward(
        self,
        input_ids: Tensor,
        labels: Tensor,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> ModelOutput:
        """As :class:`Answering`; hidden states are what enters the first recurrent layer, and the states of each."""
        if not output_hidden_states:
            return super().forward(input_ids, labels, output_attentions, output_hidden_states)
        with _recorded(self.model) as calls:
            output = super().forward(input_ids, labels, output_attentions, output_hidden_states)
        hidden = calls.hidden_states(len(recurrent_modules(self.model)), input_ids.shape)
        return replace(output, hidden_states=hidden)
