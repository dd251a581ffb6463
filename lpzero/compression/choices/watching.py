"""What the output projections and the blocks of a checkpoint are given while it runs, all layers of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from lpzero.compression.cutting.layout import Layout, blocks_of, part


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
