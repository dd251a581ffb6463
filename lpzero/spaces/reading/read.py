"""The sites of a model that does not name them, read off one forward pass.

The blocks are what passes the residual stream on (:mod:`lpzero.spaces.reading.stacks`), a weight belongs to what its
outputs are for (:mod:`lpzero.spaces.reading.flow`), and to the embedding or to what stands behind the blocks by when it
is used. Names decide only what the pass leaves open. What stays open is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.spaces.models.sites import Group, ParameterSite, Reading, SiteMap
from lpzero.spaces.models.unchanged import unchanged
from lpzero.spaces.reading.flat import NO_EMBEDDING, flat_sites
from lpzero.spaces.reading.flow import Flow, layer_flow
from lpzero.spaces.reading.layers import Layers
from lpzero.spaces.reading.names import BEHIND, kind, surely
from lpzero.spaces.reading.outputs import output_sites
from lpzero.spaces.reading.passage import Call, Passage, record
from lpzero.spaces.reading.stacks import find_stacks
from lpzero.spaces.reading.streams import read_streams

_OPEN = ("attention_params", "feed_forward_params", "weight_operation", "weight_feed_forward", "grad_operation",
         "grad_feed_forward")  # fmt: skip


def read_model(model: nn.Module, ids: Tensor, labels: Tensor, **more: Any) -> SiteMap:
    """The sites of a model of whatever kind, which is left as it was.

    A model without blocks is one layer, and that is noted.

    Args:
        model: Called as :class:`lpzero.spaces.models.sites.SitedModel` says.
        ids: (batch, tokens).
        labels: Likewise.
        more: What else a batch has for it.

    Raises:
        LpzeroError: As :func:`read_sites` does.
    """
    if len(ids) == ids.shape[1] and len(ids) > 1 and not more:
        # of a square batch nothing tells which axis is which
        ids, labels = ids[:-1], labels[:-1]
    with unchanged(model), torch.enable_grad():
        return read_sites(
            model,
            ids,
            lambda: model(input_ids=ids, labels=labels, output_attentions=True, output_hidden_states=True, **more),
        )


def read_sites(model: nn.Module, ids: Tensor, run: Callable[[], Any]) -> SiteMap:
    """Make one forward pass and find the sites of what it runs through.

    Args:
        model: The model that is run, prepared for a pass and restored by the caller.
        ids: (batch, tokens), what the pass looks at.
        run: Makes the pass, with hidden states and attentions asked for, and returns what the model returns.

    Raises:
        LpzeroError: The pass writes to a weight. Whatever the model raises is passed on.
    """
    passage = record(model, ids, run)
    stacks = find_stacks(model, passage)
    if not stacks:
        # all but the way out, which ends with the pass
        return flat_sites(model, passage, embedding_of(passage, len(passage.operations) - 1))
    layers = Layers.of(model, passage, stacks)
    flows = [layer_flow(passage, *layers.span(layer)) for layer in range(1, layers.depth + 1)]
    weights = _Weights(model, passage, layers, flows)
    parameters = weights.sites()
    outputs, unknown = output_sites(model, passage, layers, flows, {site.parameter: site.group for site in parameters})
    streams = read_streams(passage, layers, passage.output)
    refused = {**layers.refused, **streams.refused, **unknown}
    embedding = embedding_of(passage, layers.span(1)[0])
    if not embedding:
        refused["jacobian"] = NO_EMBEDDING
    if weights.open:
        reason = f"cannot tell whether {weights.open[0]} belongs to an attention or a feed-forward: no pass uses it"
        refused |= dict.fromkeys(_OPEN, reason)
    reading = Reading(
        width=layers.width,
        axes=layers.axes,
        convolved=frozenset(layer for layer in range(1, layers.depth + 1) if layers.convolves(passage, layer)),
        stacks=tuple(len(stack.layers) for stack in stacks),
        hidden=streams.hidden,
        streams=streams.streams,
        attention=streams.attention,
        unreached=frozenset(weights.unreached),
        notes=(*layers.notes, *weights.notes(), *streams.notes),
        refused=refused,
    )
    further = further_embeddings(model, passage, layers, embedding)
    return SiteMap(layers.depth, tuple(parameters), tuple(outputs), embedding, reading, further_embeddings=further)


def embedding_of(passage: Passage, before: int) -> str:
    """The innermost module that takes the token ids and gives numbers; empty where there is none.

    Args:
        passage: What the pass did.
        before: The operation that it must be done at, the first of the blocks.
    """
    found = [
        call
        for call in passage.calls[1:]
        if call.stop <= before
        and any(p.node == passage.ids for p in call.inputs)
        and any(p.real and len(p.shape) >= 2 for p in call.outputs)
    ]
    # what holds another began before it, and ended behind it
    return next((c.module for c in found if not any(_holds(c, other) for other in found)), "")


def further_embeddings(model: nn.Module, passage: Passage, layers: Layers, embedding: str) -> tuple[str, ...]:
    """The modules that look words up for the later stacks: tables as long as the first, called with as many ids."""
    first = next((m for n, m in model.named_modules() if n == embedding and isinstance(m, nn.Embedding)), None)
    if first is None:
        return ()
    spans = [(layers.span(end)[1], layers.span(end + 1)[0]) for end in layers.borders if end]
    found = []
    for call in passage.calls:
        module = model.get_submodule(call.module)
        looks_up = isinstance(module, nn.Embedding) and module.num_embeddings == first.num_embeddings
        between = any(start <= call.start and call.stop <= stop for start, stop in spans)
        if looks_up and between and call.module != embedding and call.inputs[0].shape == passage.shape:
            found.append(call.module)
    return tuple(dict.fromkeys(found))


def _holds(outer: Call, inner: Call) -> bool:
    return outer is not inner and outer.start <= inner.start and inner.stop <= outer.stop and outer.begun < inner.begun


class _Weights:
    """Puts every parameter of two or more axes in its layer and group."""

    def __init__(self, model: nn.Module, passage: Passage, layers: Layers, flows: list[Flow]) -> None:
        self._model, self._passage, self._layers, self._flows = model, passage, layers, flows
        self._node = {name: node for node, names in passage.parameters.items() for name in names}
        self._first: dict[int, int] = {}
        for index, operation in enumerate(passage.operations):
            for passed in operation.inputs:
                self._first.setdefault(passed.node, index)
        self._tables = {f"{n}.weight" for n, m in model.named_modules() if isinstance(m, nn.Embedding)}
        self.open: list[str] = []
        self.unreached: list[str] = []

    def sites(self) -> list[ParameterSite]:
        """The site of every parameter that the pass has a part for, each once."""
        names = [name for name, parameter in self._model.named_parameters() if parameter.ndim >= 2]
        placed = {name: self._place(name) for name in names}
        found = []
        for name in names:
            layer, role, group = placed[name]
            if layer is None:
                self.unreached.append(name)
                continue
            found.append(ParameterSite(layer, role, group or self._sibling(name, placed), name))
        self.unreached += [
            name for name, p in self._model.named_parameters() if p.ndim < 2 and self._layers.is_unreached(name)
        ]
        return found

    def notes(self) -> list[str]:
        """What there is to say of weights."""
        if not self.unreached:
            return []
        return [
            f"the pass does not reach {self._layers.unreached[0]}: its weights count among the parameters alone"
        ]  # fmt: skip

    def _place(self, name: str) -> tuple[int | None, str, Group | None]:
        role = name.removesuffix(".weight")
        owner = self._layers.owner(name)
        if owner is not None:
            layer, path = owner
            return layer, path.removesuffix(".weight"), self._group(name, path, layer)
        if self._layers.is_unreached(name):
            return None, role, None
        node = self._node.get(name, -1)
        first = self._first.get(node)
        if name in self._tables and first is None:
            return 0, role, "embedding"
        if first is None:
            outer: Group = "output" if BEHIND.search(name) or self._layers.is_behind(name) else "embedding"
            return (self._layers.depth + 1 if outer == "output" else 0), role, outer
        if first < self._layers.span(1)[0] or (name in self._tables and first < self._layers.last_start):
            return 0, role, "embedding"
        for layer, flow in enumerate(self._flows, 1):
            if node in flow:
                return layer, role, self._group(name, role, layer)
        if first < self._layers.last_start:
            return 0, role, "embedding"
        return self._layers.depth + 1, role, "output"

    def _group(self, name: str, path: str, layer: int) -> Group | None:
        """By what the pass does with it; names that say so in so many words go before, others only stand in for it."""
        node = self._node.get(name, -1)
        flows = [self._flows[layer - 1], *self._flows]
        seen: Group | None = next((g for flow in flows if (g := flow.group(node)) is not None), None)
        sure = surely(path)
        return sure or seen or kind(path)

    def _sibling(self, name: str, placed: dict[str, tuple[int | None, str, Group | None]]) -> Group:
        """The group of a weight of the same name but for its numbers: an expert that was given no token."""
        bare = re.sub(r"\d+", "#", name)
        for other, (_, _, group) in placed.items():
            if group in ("operation", "feed_forward") and re.sub(r"\d+", "#", other) == bare:
                return group
        self.open.append(name)
        return "operation"
