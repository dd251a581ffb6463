"""Which layer of a pass a module, a parameter or an operation belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from torch import nn

from lpzero.spaces.models.sites import Axes, BlockCall
from lpzero.spaces.reading.passage import Call, Passage
from lpzero.spaces.reading.stacks import Stack, reached, stream_of


@dataclass(frozen=True)
class Layers:
    """The layers of all stacks, one behind the other, counted from 1.

    Attributes:
        calls: The calls of each layer.
        borders: Number of layers before each stack.
        width: That of the residual stream.
        axes: Which of its axes comes first; None where that cannot be told.
        unreached: The topmost parts with blocks of their own that the pass does not reach.
        notes: What a user should know.
        refused: What cannot be told, by name, and why.
    """

    calls: tuple[tuple[Call, ...], ...]
    borders: tuple[int, ...]
    width: int
    axes: Axes
    unreached: tuple[str, ...]
    behind: frozenset[str]
    notes: tuple[str, ...]
    refused: dict[str, str]

    @staticmethod
    def of(model: nn.Module, passage: Passage, stacks: Sequence[Stack]) -> Layers:
        """Number the layers of stacks that a pass showed."""
        calls = [tuple(passage.calls[i] for i in layer) for stack in stacks for layer in stack.layers]
        borders, before = [], 0
        for stack in stacks:
            borders.append(before)
            before += len(stack.layers)
        pairs = [stream_of(layer[-1]) for layer in calls]
        widths = {pair[0].shape[-1] for pair in pairs if pair is not None}
        notes, refused = _said(passage, stacks)
        if len(widths) > 1:
            refused["width"] = f"the blocks have streams of different widths, {min(widths)} to {max(widths)}"
        blocks = {call.module for layer in calls for call in layer}
        return Layers(
            tuple(calls),
            tuple(borders),
            max(widths, default=0),
            _axes(passage, [pair[0].shape for pair in pairs if pair is not None]),
            tuple(_unreached(model, passage, blocks)),
            _behind(model, blocks),
            notes,
            refused,
        )

    @property
    def depth(self) -> int:
        """Number of layers."""
        return len(self.calls)

    @property
    def last_start(self) -> int:
        """The operation that the last stack begins with."""
        return self.calls[self.borders[-1]][0].start

    def span(self, layer: int) -> tuple[int, int]:
        """The operations of a layer, up to the next one of its stack; of the last one up to its end."""
        calls = self.calls[layer - 1]
        last = layer == self.depth or layer in self.borders
        return calls[0].start, calls[-1].stop if last else self.calls[layer][0].start

    def layer_at(self, operation: int) -> int | None:
        """The layer that an operation runs in."""
        for layer in range(1, self.depth + 1):
            start, stop = self.span(layer)
            if start <= operation < stop:
                return layer
        return None

    def convolves(self, passage: Passage, layer: int) -> bool:
        """Whether there is a convolution in a layer."""
        return any("conv" in operation.name for operation in passage.operations[slice(*self.span(layer))])

    def owner(self, parameter: str) -> tuple[int, str] | None:
        """The first layer whose block a parameter is a part of, and its path there; None outside the blocks."""
        for layer, calls in enumerate(self.calls, 1):
            for call in calls:
                if parameter.startswith(f"{call.module}."):
                    return layer, self.path(calls, call, parameter)
        return None

    @staticmethod
    def path(calls: tuple[Call, ...], call: Call, name: str) -> str:
        """A name without that of the block, but with that of the list where a layer is of several."""
        path = name.removeprefix(f"{call.module}.")
        if len(calls) == 1:
            return path
        of = re.sub(r"\.\d+(\.|$)", r"\1", call.module).rpartition(".")[2]
        return f"{of}.{path}"

    def is_unreached(self, name: str) -> bool:
        """Whether a parameter is in a part that the pass does not reach."""
        return any(name.startswith(f"{part}.") for part in self.unreached)

    def is_behind(self, name: str) -> bool:
        """Whether a parameter was registered behind the blocks."""
        return name in self.behind

    @staticmethod
    def block_call(call: Call) -> BlockCall:
        """A call as sites name it."""
        return BlockCall(call.module, call.turn)


def _axes(passage: Passage, shapes: Sequence[tuple[int, ...]]) -> Axes:
    """Which axis of a stream comes first, seen on the first block's."""
    batch, tokens = passage.shape
    first = shapes[0] if shapes else ()
    if len(first) >= 3 and first[:2] == (tokens, batch) and batch != tokens:
        return "tokens first"
    return "batch first" if len(first) >= 3 and first[:2] == (batch, tokens) else None


def _said(passage: Passage, stacks: Sequence[Stack]) -> tuple[tuple[str, ...], dict[str, str]]:
    if len(stacks) == 1:
        return (), {}
    depths = ", ".join(f"{len(stack.layers)} ({stack.name})" for stack in stacks)
    for first, second in pairwise(stacks):
        left, right = (passage.calls[i] for i in (first.layers[-1][-1], second.layers[0][0]))
        ends = [passage.calls[i] for layer in second.layers for i in layer]
        found = reached(passage, (p.node for p in left.outputs if p.real), left.stop, ends[-1].start)
        if not any(p.node in found for call in ends for p in call.inputs):
            reason = f"stacks of {depths} blocks stand side by side: {right.module} takes nothing of {left.module}"
            return (reason,), dict.fromkeys(("depth",), reason)
    return (f"the blocks are of {len(stacks)} stacks, counted together: {depths}",), {}


def _unreached(model: nn.Module, passage: Passage, blocks: set[str]) -> list[str]:
    """The topmost parts that were never called and hold a list of modules with weights, outside the blocks."""
    called = {call.module for call in passage.calls}
    alive = {name.rsplit(".", n)[0] for name in called for n in range(1, name.count(".") + 1)} | called
    found: list[str] = []
    inside = tuple(f"{block}." for block in blocks)
    kinds = {type(model.get_submodule(block)) for block in blocks}
    for name, module in model.named_modules():
        if not name or name in alive or name.startswith(inside) or any(name.startswith(f"{f}.") for f in found):
            continue
        lists = any(
            isinstance(part, nn.ModuleList | nn.Sequential) and any(p.ndim >= 2 for p in part.parameters())
            for part in module.modules()
        )
        if lists or type(module) in kinds:
            found.append(name)
    return found


def _behind(model: nn.Module, blocks: set[str]) -> frozenset[str]:
    """The parameters that are registered behind those of the blocks."""
    inside, later = tuple(f"{block}." for block in blocks), False
    found = set()
    for name, _ in model.named_parameters():
        later = later or name.startswith(inside)
        if later and not name.startswith(inside):
            found.add(name)
    return frozenset(found)
