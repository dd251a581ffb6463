"""Which hidden states and attentions a pass shows, and which layer each of them is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from torch import Tensor

from lpzero.spaces.models.sites import StreamSite
from lpzero.spaces.reading.layers import Layers
from lpzero.spaces.reading.passage import Call, Passage, Passed
from lpzero.spaces.reading.stacks import stream_of

Places = tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Streams:
    """Places of what a pass shows, as :class:`lpzero.spaces.models.sites.Reading` has them."""

    hidden: Places | None
    streams: tuple[StreamSite, ...]
    attention: Places
    notes: tuple[str, ...]
    refused: dict[str, str]


def read_streams(passage: Passage, layers: Layers, output: Any) -> Streams:
    """Find the layer of every hidden state and attention of an output; where that cannot be told, say why.

    Hidden states are those that the model returns where there is one for each block and one before each stack, else
    what passes from block to block, where the one gives what the next takes.
    """
    returned = tuple(getattr(output, "hidden_states", None) or ())
    attentions = [a for a in tuple(getattr(output, "attentions", None) or ()) if a is not None]
    borders = [(border, f"stream {number}" if number else "stream") for number, border in enumerate(layers.borders)]
    order = tuple(
        place
        for number, (border, role) in enumerate(borders)
        for place in ((border, role), *((layer, "stream") for layer in _of_stack(layers, number)))
    )
    refused: dict[str, str] = {}
    hidden: Places | None = None
    streams: tuple[StreamSite, ...] = ()
    if len(returned) == len(order) and all(isinstance(one, Tensor) for one in returned):
        hidden = order
    else:
        streams = _passed_on(layers, order)
        if not streams and returned:
            refused["hidden"] = (
                f"expected {len(order)} hidden states from the model, found {len(returned)}, and what "
                "one block gives is not what the next one takes"
            )
    places = _attention_places(passage, layers, attentions)
    notes: tuple[str, ...] = ()
    if places is None:
        refused["attention"] = refused["heads"] = (
            f"expected {layers.depth} attentions from the model, or such as its blocks return: found {len(attentions)}"
        )
    return Streams(hidden, streams, places or (), notes, refused)


def _of_stack(layers: Layers, number: int) -> range:
    ends = (*layers.borders[1:], layers.depth)
    return range(layers.borders[number] + 1, ends[number] + 1)


def _passed_on(layers: Layers, order: Places) -> tuple[StreamSite, ...]:
    """The stream at the border of each block; empty where one block gives another tensor than the next one takes."""
    sites, places = [], iter(order)
    for number in range(len(layers.borders)):
        calls = [layers.calls[layer - 1] for layer in _of_stack(layers, number)]
        pairs = [(stream_of(of[0]), stream_of(of[-1])) for of in calls]
        for (_, before), (after, _) in pairwise(pairs):
            if before is None or after is None or before[1].node != after[0].node:
                return ()
        first = pairs[0][0]
        if first is None:
            return ()
        sites.append(_site(*next(places), calls[0][0], "input", calls[0][0].inputs, first[0]))
        for of, (_, last) in zip(calls, pairs, strict=True):
            if last is None:
                return ()
            sites.append(_site(*next(places), of[-1], "output", of[-1].outputs, last[1]))
    return tuple(sites)


def _site(
    layer: int, role: str, call: Call, take: Literal["input", "output"], among: Sequence[Passed], wanted: Passed
) -> StreamSite:
    return StreamSite(layer, role, Layers.block_call(call), take, among.index(wanted))


def _attention_places(passage: Passage, layers: Layers, attentions: Sequence[Any]) -> Places | None:
    """The layer that each attention was computed in; None where there is one that no layer computed."""
    if not attentions:
        return ()
    made: dict[int, int] = {}
    for index, operation in enumerate(passage.operations):
        for passed in operation.outputs:
            made.setdefault(passed.node, index)
    found: list[tuple[int, str]] = []
    for attention in attentions:
        node = passage.node(attention) if isinstance(attention, Tensor) else None
        layer = layers.layer_at(made.get(node, -1)) if node is not None else None
        if layer is None:
            return (
                tuple((n, "probabilities") for n in range(1, layers.depth + 1))
                if _one_each(layers, attentions)
                else None
            )
        again = sum(1 for other, _ in found if other == layer)
        found.append((layer, f"probabilities {again}" if again else "probabilities"))
    return tuple(found)


def _one_each(layers: Layers, attentions: Sequence[Any]) -> bool:
    return len(attentions) == layers.depth and len(layers.borders) == 1
