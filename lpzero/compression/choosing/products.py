"""What each unit of a checkpoint does for its loss: activations, gradients and their products, by one backward pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from lpzero.compression.layout import Layout, blocks_of, part
from lpzero.compression.losses import asked, logits_of
from lpzero.compression.texts import Windows
from lpzero.seeds import derived_seed

Labels = Literal["text", "sampled"]


@dataclass(frozen=True)
class LayerProducts:
    """What a layer's units do, token by token.

    The product of what a unit puts out with the gradient of the loss there is, to first order, by how much the loss
    sinks where the unit is gone.

    Attributes:
        groups: (windows, tokens, groups) products, summed over the outputs of a group's heads.
        neurons: (windows, neurons) products, summed over the tokens of a window: token by token they would be the
            largest tensors of all.
        group_squares: (groups,) mean square of the outputs of each group.
        neuron_squares: (neurons,) mean square of each neuron's output.
        cosine: Mean over tokens of the cosine between the states before and after the layer.
    """

    groups: Tensor
    neurons: Tensor
    group_squares: Tensor
    neuron_squares: Tensor
    cosine: float


@dataclass(frozen=True)
class Products:
    """What all units of a checkpoint do on some windows.

    Attributes:
        layers: One for each layer.
        labels: Whether the gradients are those of the text's own tokens, or of tokens drawn from the predictions.
        predicted: Positions of all windows at which something is predicted.
    """

    layers: tuple[LayerProducts, ...]
    labels: Labels
    predicted: int


def unit_products(
    model: nn.Module, layout: Layout, windows: Windows, *, labels: Labels = "sampled", seed: int = 0
) -> Products:
    """Measure what every unit does: one pass forward and backward.

    Gradients are those of the loss summed over a window. Nothing of the model is changed, and no parameter has a
    gradient afterwards.

    Args:
        model: The checkpoint, in evaluation mode.
        layout: Where its units are.
        windows: What it is asked.
        labels: ``"text"`` for the tokens of the text, ``"sampled"`` for tokens that are drawn from the model's own
            predictions: squared products then estimate the divergence that a cut costs (Fisher information).
        seed: Of the draws.
    """
    found: list[list[_Read]] = [[] for _ in range(layout.depth)]
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(derived_seed(seed, "labels"))
    for inputs, wanted in zip(torch.split(windows.inputs, 1), torch.split(windows.labels, 1), strict=True):
        with watched(model, layout) as seen:
            logits = logits_of(model, inputs.to(device))[0][asked(wanted[0])].float()
            answers = wanted[0][asked(wanted[0])].to(device) if labels == "text" else drawn(logits, generator)
            loss = functional.cross_entropy(logits, answers, reduction="sum")
            gradients = torch.autograd.grad(loss, [*seen.heads, *seen.inner])
        for layer in range(layout.depth):
            found[layer].append(_read(layout, seen, gradients, layer))
    return Products(tuple(map(_together, found)), labels, windows.predicted)


@dataclass(frozen=True)
class _Read:
    groups: Tensor
    neurons: Tensor
    group_squares: Tensor
    neuron_squares: Tensor
    cosine: Tensor


@dataclass
class Watched:
    """What a pass showed, layer by layer.

    Attributes:
        heads: (1, tokens, groups * group width) what the output projections of attention were given.
        inner: (1, tokens, neurons) what those of feed-forwards were given.
        streams: (1, tokens, width) the states before and behind each block.
    """

    heads: list[Tensor]
    inner: list[Tensor]
    streams: list[tuple[Tensor, Tensor]]


@contextmanager
def watched(model: nn.Module, layout: Layout) -> Iterator[Watched]:
    """Write down what the output projections and the blocks are given, while the block runs."""
    seen = Watched([], [], [])
    handles = []

    def noting(place: list[Tensor]) -> Any:
        def note(_: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            # the parameters may be frozen: what is asked for is made to need a gradient here
            given = args[0] if args[0].requires_grad else args[0].detach().requires_grad_()
            place.append(given)
            return (given, *args[1:])

        return note

    def note_stream(_: nn.Module, args: tuple[Tensor, ...], kwargs: dict[str, Any], output: Any) -> None:
        before = args[0] if args else kwargs["hidden_states"]
        after = output[0] if isinstance(output, tuple) else output
        seen.streams.append((before.detach(), after.detach()))

    for block in blocks_of(model, layout):
        handles.append(part(block, layout.places.attention_out).register_forward_pre_hook(noting(seen.heads)))
        handles.append(part(block, layout.places.outer).register_forward_pre_hook(noting(seen.inner)))
        handles.append(block.register_forward_hook(note_stream, with_kwargs=True))
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def drawn(logits: Tensor, generator: torch.Generator) -> Tensor:
    """An id for each position, drawn from the predictions; on the CPU, so that every device draws the same."""
    chances = functional.softmax(logits.detach(), dim=-1).cpu()
    return torch.multinomial(chances, 1, generator=generator)[:, 0].to(logits.device)


def _read(layout: Layout, seen: Watched, gradients: tuple[Tensor, ...], layer: int) -> _Read:
    heads, inner = seen.heads[layer].detach().float(), seen.inner[layer].detach().float()
    of_heads, of_inner = gradients[layer].float(), gradients[layout.depth + layer].float()
    split = (1, -1, layout.groups, layout.group_width)
    before, after = seen.streams[layer]
    return _Read(
        groups=(heads * of_heads).view(split).sum(-1).cpu(),
        neurons=(inner * of_inner).view(-1, layout.neurons).sum(0, keepdim=True).cpu(),
        group_squares=heads.square().view(split).mean((0, 1, 3)).cpu(),
        neuron_squares=inner.square().view(-1, layout.neurons).mean(0).cpu(),
        cosine=functional.cosine_similarity(before.float(), after.float(), dim=-1).mean().cpu(),
    )


def _together(windows: list[_Read]) -> LayerProducts:
    return LayerProducts(
        groups=torch.cat([one.groups for one in windows]),
        neurons=torch.cat([one.neurons for one in windows]),
        group_squares=torch.stack([one.group_squares for one in windows]).mean(0),
        neuron_squares=torch.stack([one.neuron_squares for one in windows]).mean(0),
        cosine=float(torch.stack([one.cosine for one in windows]).mean()),
    )
