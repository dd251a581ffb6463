"""A model that answers as a sub-network of it would: nothing is cut, and gradients reach all that stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.compression.cutting.cut import check_choice, group_columns
from lpzero.compression.cutting.layout import Layout, blocks_of, part


@contextmanager
def masked(model: nn.Module, layout: Layout, choice: Choice) -> Iterator[None]:
    """Let a model answer, inside the block, as what a choice leaves of it does.

    What the units that go put out is multiplied by 0 before the output projection that carries it on; of parts that go
    whole, and of layers, what they add. It computes as much as the whole model does.

    Args:
        model: The model; its modules are those of the layout, or adapters in their places.
        layout: Its shape.
        choice: What stays.

    Raises:
        InputError: The choice is none of this model, or leaves no attention at all.
    """
    check_choice(layout, choice)
    with ExitStack() as hooks:
        for one, block in zip(choice.layers, blocks_of(model, layout), strict=True):
            for handle in _masks(block, layout, one):
                hooks.callback(handle.remove)
        yield


def _masks(block: nn.Module, layout: Layout, one: LayerChoice) -> Iterator[Any]:
    """Put hooks on a block that make it answer as a choice leaves it."""
    if one.is_dropped:
        yield block.register_forward_hook(_skipped, with_kwargs=True)
        return
    heads, neurons = group_columns(layout, one.groups), torch.tensor(one.neurons, dtype=torch.long)
    widths = (layout.groups * layout.group_width, layout.neurons)
    paths = (layout.places.attention_out, layout.places.outer)
    for path, stays, width in zip(paths, (heads, neurons), widths, strict=True):
        if not len(stays):
            yield part(block, path).register_forward_hook(_nothing)
        elif len(stays) < width:
            yield part(block, path).register_forward_pre_hook(_only(stays, width))


def _only(stays: Tensor, width: int) -> Any:
    mask = torch.zeros(width)
    mask[stays] = 1

    def narrow(_: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (args[0] * mask.to(args[0].device, args[0].dtype), *args[1:])

    return narrow


def _nothing(_: nn.Module, __: Any, output: Tensor) -> Tensor:
    return torch.zeros_like(output)


def _skipped(_: nn.Module, args: tuple[Any, ...], named: dict[str, Any], output: Any) -> Any:
    states = args[0] if args else named["hidden_states"]
    return (states, *output[1:]) if isinstance(output, tuple) else states
