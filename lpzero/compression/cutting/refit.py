"""What stays of a checkpoint, refitted: each output projection by least squares, layer after layer, untrained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.cut import Model, Nothing, check_choice, cut
from lpzero.compression.cutting.freed import give_back
from lpzero.compression.cutting.layout import Layout, blocks_of, norms_follow, part, weight_in
from lpzero.compression.cutting.stream import Entry, entering, look_into, smaller_block, through
from lpzero.errors import InputError
from lpzero.progress import Progress, Watch, unwatched

RIDGE = 1.0
WINDOWS = 64
"""Windows that are looked at unless others are asked for: 16,384 tokens of 256 each."""
BATCH = 8


class Fit:
    """A linear map, fitted to pairs that come in batches, with a ridge towards the map that was.

    Products are summed in float64, whatever the numbers of the batches.

    Args:
        old: (outputs, inputs) the map that was.
    """

    def __init__(self, old: Tensor) -> None:
        self._old = old.double().cpu().T
        self._gram = torch.zeros(len(self._old), len(self._old), dtype=torch.float64)
        self._wanted = torch.zeros_like(self._old)

    def add(self, inputs: Tensor, wanted: Tensor) -> None:
        """Add pairs: (..., inputs), and (..., outputs) that are wanted of them."""
        x, y = inputs.flatten(0, -2).float(), wanted.flatten(0, -2).float()
        self._gram += (x.T @ x).cpu()
        self._wanted += (x.T @ y).cpu()

    def solved(self, ridge: float) -> Tensor:
        """The map that is best.

        Args:
            ridge: Above 0.

        Returns:
            (outputs, inputs) float64, the least of the squares that are missed and of the squared change times
            ``ridge`` times the mean square sum of the inputs.
        """
        weight = ridge * float(self._gram.diagonal().mean())
        if weight == 0:
            # no input was ever anything but 0: there is nothing to fit
            return self._old.T
        ridged = self._gram.clone()
        ridged.diagonal().add_(weight)
        factor = torch.linalg.cholesky(ridged)
        return (self._old + torch.cholesky_solve(self._wanted - self._gram @ self._old, factor)).T


@dataclass
class _Streams:
    """The states of one batch of windows in both models, before the same layer of the checkpoint."""

    full: Tensor
    smaller: Tensor
    entry: Entry


def refitted(
    model: Model,
    layout: Layout,
    choice: Choice,
    inputs: Tensor,
    *,
    ridge: float = RIDGE,
    share: bool = False,
    watch: Watch = unwatched,
) -> Model:
    """Cut a checkpoint, and fit what stays to what the full model does.

    Two streams of hidden states, the full model's and the smaller one's, go through one layer after the other. Each
    output projection that stays is fitted so that the smaller stream comes to where the full one is: what earlier cuts
    missed, a dropped layer included, is part of what the next projection has to make. Nothing is trained.

    Args:
        model: The checkpoint, in evaluation mode; it is only read.
        layout: Its shape.
        choice: What stays.
        inputs: (windows, tokens) ids to look at.
        ridge: How strongly weights stay what they were, in mean squares of a projection's inputs.
        share: As of :func:`lpzero.compression.cutting.cut.cut`.
        watch: Told how far it is.

    Returns:
        The smaller model.

    Raises:
        InputError: As :func:`lpzero.compression.cutting.cut.cut`, or the ridge is not above 0.
    """
    if not ridge > 0:
        raise InputError(f"`ridge`: expected more than 0, found {ridge:g}")
    check_choice(layout, choice)
    device = next(model.parameters()).device
    ready: dict[int, dict[str, Any]] = {}
    with torch.no_grad():
        streams = []
        for batch in torch.split(inputs, BATCH):
            entry = entering(model, layout, batch.to(device))
            # the first states are those of no later layer: they are let go with the streams
            streams.append(_Streams(entry.states, entry.states, replace(entry, states=torch.empty(0))))
        untouched, whole = True, layout.everything.layers
        for layer, block in enumerate(blocks_of(model, layout)):
            untouched = untouched and choice.layers[layer] == whole[layer]
            one = choice.layers[layer]
            fitted = None if untouched or one.is_dropped else smaller_block(block, layout, one)
            _pass(block, fitted, layout, streams, ridge)
            if fitted is not None:
                ready[layer] = _projections(fitted, layout)
            if untouched:
                for stream in streams:
                    stream.smaller = stream.full
            # what was fitted lies between what was freed
            give_back()
            watch(Progress("refitting", (layer + 1) / layout.depth, f"layer {layer + 1} of {layout.depth}"))
    # the streams are let go before the rest of the smaller model is there
    del streams
    if not share:
        for linear in (one for of_layer in ready.values() for one in of_layer.values()):
            _own_bias(linear)
    smaller = cut(model, layout, choice, share=share, ready=ready)
    # the projections that were cut and then replaced are many small pieces
    give_back()
    return smaller


def _own_bias(linear: Any) -> None:
    """Let a bias be no longer the checkpoint's."""
    if linear.bias is not None:
        bias = linear.bias.detach().clone()
        linear.bias = nn.Parameter(bias, requires_grad=linear.bias.requires_grad)


def _projections(block: nn.Module, layout: Layout) -> dict[str, Any]:
    """A fitted block's output projections, by path."""
    places = layout.places
    pairs = ((places.attention_out, places.attention), (places.outer, places.feed_forward[0]))
    kept = {path: _kept(block, path, whole) for path, whole in pairs}
    return {path: linear for path, linear in kept.items() if linear is not None}


def _pass(block: nn.Module, fitted: nn.Module | None, layout: Layout, streams: list[_Streams], ridge: float) -> None:
    """Take the full stream through a block of the full model, and the smaller one through its fitted block, if any.

    States of all windows are the largest tensors here: of what is wanted no more is kept than the next step needs.
    """
    attention = None if fitted is None else _kept(fitted, layout.places.attention_out, layout.places.attention)
    fit = None if attention is None else Fit(weight_in(attention))
    wanted = []
    for stream in streams:
        sums = _advance(block, layout, stream)
        wanted.append(sums.feed_forward)
        if fit is not None:
            assert fitted is not None
            path = layout.places.attention_out
            seen = look_into(fitted, stream.smaller, stream.entry, until=path)
            fit.add(seen.given[path], sums.attention - stream.smaller - _bias(attention))
    if fitted is None:
        return
    if fit is not None:
        _put(attention, fit.solved(ridge))
    outer = _kept(fitted, layout.places.outer, layout.places.feed_forward[0])
    if outer is not None:
        fit = Fit(weight_in(outer))
        for stream, aim in zip(streams, wanted, strict=True):
            base, given = _before_outer(fitted, layout, stream)
            fit.add(given.view(*base.shape[:-1], -1), aim - base - _bias(outer))
        _put(outer, fit.solved(ridge))
    del wanted
    for stream in streams:
        stream.smaller = _after(fitted, layout, stream, outer)


def _kept(block: nn.Module, path: str, whole: str) -> Any:
    """The output projection at a path, None where the part of the block that it belongs to is gone."""
    return None if isinstance(part(block, whole), Nothing) else part(block, path)


@dataclass(frozen=True)
class _Sums:
    """What both sums of a block of the full model are, the attention's and the feed-forward's."""

    attention: Tensor
    feed_forward: Tensor


def _advance(block: nn.Module, layout: Layout, stream: _Streams) -> _Sums:
    """Take the full stream of a batch through a block of the full model."""
    places = layout.places
    made = (places.attention_out, places.outer)
    seen = look_into(block, stream.full, stream.entry, given=places.inner[:1], made=made)
    attention = stream.full + seen.made[places.attention_out]
    base = seen.given[places.inner[0]].view_as(attention) if norms_follow(block, layout) else attention
    feed_forward = base + seen.made[places.outer].view_as(base)
    assert seen.after is not None
    stream.full = seen.after
    # most families answer with that very sum, which then stands in memory once
    return _Sums(attention, seen.after if torch.equal(seen.after, feed_forward) else feed_forward)


def _before_outer(block: nn.Module, layout: Layout, stream: _Streams) -> tuple[Tensor, Tensor]:
    """What the feed-forward of a smaller block adds to, and what its output projection is given."""
    places = layout.places
    made = () if isinstance(part(block, places.attention), Nothing) else (places.attention_out,)
    seen = look_into(block, stream.smaller, stream.entry, given=places.inner[:1], made=made, until=places.outer)
    if norms_follow(block, layout):
        base = seen.given[places.inner[0]].view_as(stream.smaller)
    else:
        base = sum((seen.made[path] for path in made), stream.smaller)
    return base, seen.given[places.outer]


def _after(block: nn.Module, layout: Layout, stream: _Streams, outer: Any) -> Tensor:
    """The smaller stream of a batch behind its block."""
    if outer is None or norms_follow(block, layout):
        return through(block, stream.smaller, stream.entry)
    base, given = _before_outer(block, layout, stream)
    made: Tensor = base + outer(given).view_as(base)
    return made


def _bias(linear: Any) -> Tensor | float:
    return 0.0 if linear.bias is None else linear.bias


def _put(linear: Any, weight: Tensor) -> None:
    # the old one may be the checkpoint's
    linear.weight = nn.Parameter(torch.empty_like(linear.weight), requires_grad=linear.weight.requires_grad)
    weight_in(linear).copy_(weight)
