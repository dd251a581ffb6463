"""What each unit of a checkpoint does for its loss: activations, gradients and their products, by one backward pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from lpzero.compression.cutting.freed import give_back
from lpzero.compression.cutting.layout import Layout, blocks_of, part
from lpzero.compression.cutting.stream import Head, entering, through
from lpzero.compression.losses import asked
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
    generator = torch.Generator().manual_seed(derived_seed(seed, "labels"))
    head = Head(model, layout)
    for inputs, wanted in zip(torch.split(windows.inputs, 1), torch.split(windows.labels, 1), strict=True):
        for layer, read in _of_window(model, layout, head, inputs, wanted[0], labels, generator):
            found[layer].append(read)
        # what is kept of a window lies between what was freed, which would grow by a tenth of a checkpoint a window
        give_back()
    return Products(tuple(map(_together, found)), labels, windows.predicted)


def _of_window(
    model: nn.Module,
    layout: Layout,
    head: Head,
    inputs: Tensor,
    wanted: Tensor,
    labels: Labels,
    generator: torch.Generator,
) -> Iterator[tuple[int, _Read]]:
    """What each layer does in one window, the last layer first.

    Each block runs a second time when its gradients are wanted: what they need of all blocks at once would be as large
    as a small checkpoint.
    """
    device = next(model.parameters()).device
    blocks = blocks_of(model, layout)
    with torch.no_grad():
        entry = entering(model, layout, inputs.to(device))
        states = [entry.states]
        for block in blocks:
            states.append(through(block, states[-1], entry))
    gradient = _of_head(head, inputs.to(device), states[-1], wanted, labels, generator)
    for layer in reversed(range(layout.depth)):
        before = states[layer].detach().requires_grad_()
        with _watched(blocks[layer], layout) as seen:
            after = through(blocks[layer], before, entry)
        of_heads, of_inner, of_states = torch.autograd.grad(after, [seen.heads[0], seen.inner[0], before], gradient)
        cosine = functional.cosine_similarity(before.detach().float(), states.pop().float(), dim=-1).mean().cpu()
        gradient = of_states
        yield layer, _read(layout, seen, of_heads, of_inner, cosine)


def _of_head(
    head: Head, inputs: Tensor, states: Tensor, wanted: Tensor, labels: Labels, generator: torch.Generator
) -> Tensor:
    """The gradient of the loss, summed over a window, by the states after the last block."""
    last = states.detach().requires_grad_()
    logits = head.logits(inputs, last)[0][asked(wanted)].float()
    answers = wanted[asked(wanted)].to(logits.device) if labels == "text" else drawn(logits, generator)
    (gradient,) = torch.autograd.grad(functional.cross_entropy(logits, answers, reduction="sum"), [last])
    return gradient


@dataclass(frozen=True)
class _Read:
    groups: Tensor
    neurons: Tensor
    group_squares: Tensor
    neuron_squares: Tensor
    cosine: Tensor


@dataclass
class _Seen:
    heads: list[Tensor]
    inner: list[Tensor]


@contextmanager
def _watched(block: nn.Module, layout: Layout) -> Iterator[_Seen]:
    """Write down what the output projections of a block are given, while it runs."""
    seen = _Seen([], [])

    def noting(place: list[Tensor]) -> Any:
        def note(_: nn.Module, args: tuple[Tensor, ...]) -> None:
            place.append(args[0])

        return note

    paths = (layout.places.attention_out, layout.places.outer)
    handles = [
        part(block, path).register_forward_pre_hook(noting(place))
        for path, place in zip(paths, (seen.heads, seen.inner), strict=True)
    ]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def drawn(logits: Tensor, generator: torch.Generator) -> Tensor:
    """An id for each position, drawn from the predictions; on the CPU, so that every device draws the same."""
    chances = functional.softmax(logits.detach(), dim=-1).cpu()
    return torch.multinomial(chances, 1, generator=generator)[:, 0].to(logits.device)


def _read(layout: Layout, seen: _Seen, of_heads: Tensor, of_inner: Tensor, cosine: Tensor) -> _Read:
    heads, inner = seen.heads[0].detach().float(), seen.inner[0].detach().float()
    split = (1, -1, layout.groups, layout.group_width)
    return _Read(
        groups=(heads * of_heads.float()).view(split).sum(-1).cpu(),
        neurons=(inner * of_inner.float()).view(-1, layout.neurons).sum(0, keepdim=True).cpu(),
        group_squares=heads.square().view(split).mean((0, 1, 3)).cpu(),
        neuron_squares=inner.square().view(-1, layout.neurons).mean(0).cpu(),
        cosine=cosine,
    )


def _together(windows: list[_Read]) -> LayerProducts:
    return LayerProducts(
        groups=torch.cat([one.groups for one in windows]),
        neurons=torch.cat([one.neurons for one in windows]),
        group_squares=torch.stack([one.group_squares for one in windows]).mean(0),
        neuron_squares=torch.stack([one.neuron_squares for one in windows]).mean(0),
        cosine=float(torch.stack([one.cosine for one in windows]).mean()),
    )
