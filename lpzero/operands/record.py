"""What passes through the modules of a site map in one forward pass: every call, kept as it was at that moment."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.operands.operand import FAMILIES
from lpzero.spaces.models.sites import Axes, BlockCall, OutputSite, SiteMap, StreamSite
from lpzero.spaces.reading.passage import tensors_of


@dataclass
class Record:
    """What was seen.

    Attributes:
        outputs: For each output site that was reached its tensor, all calls joined.
        calls: Likewise each call by itself.
        strewn: Those whose rows are not the tokens in their order.
        streams: For each site of the residual stream its tensor.
        embedding: What the embedding gave each time that it was called, still in the graph; none where it was not
            reached.
    """

    outputs: dict[OutputSite, Tensor] = field(default_factory=dict)
    calls: dict[OutputSite, list[Tensor]] = field(default_factory=dict)
    strewn: set[OutputSite] = field(default_factory=set)
    streams: dict[StreamSite, Tensor] = field(default_factory=dict)
    embedding: list[Tensor] = field(default_factory=list)

    def clear(self) -> None:
        """Let go of what was seen."""
        for seen in (self.outputs, self.calls, self.streams):
            seen.clear()
        self.embedding = []


@contextmanager
def recorded(
    model: nn.Module, site_map: SiteMap, *, tokens: int, families: Collection[str] = FAMILIES
) -> Iterator[Record]:
    """Watch the sites of a model for as long as the context lasts; what was seen is whole once it has ended.

    Args:
        model: The model; its hooks are taken away again.
        site_map: Its sites.
        tokens: Tokens of a sequence, which chunks of one add up to.
        families: What is wanted; of all else the shapes alone are there, on torch's device ``meta``.
    """
    record, watcher = Record(), _Watcher(site_map, families)
    modules = dict(model.named_modules())
    with ExitStack() as stack:
        for name in watcher.blocks:
            stack.callback(modules[name].register_forward_pre_hook(watcher.enter(name), with_kwargs=True).remove)
        for name in dict.fromkeys(site.module for site in site_map.outputs):
            stack.callback(modules[name].register_forward_hook(watcher.output(name)).remove)
        for name in site_map.embeddings:
            stack.callback(modules[name].register_forward_hook(watcher.embedding).remove)
        for name in watcher.blocks:
            stack.callback(modules[name].register_forward_hook(watcher.leave(name)).remove)
        yield record
    record.embedding = watcher.embedded
    record.streams, record.calls = watcher.streams, watcher.calls
    for site in site_map.outputs:
        if site in watcher.calls:
            record.outputs[site], in_order = joined(watcher.calls[site], tokens)
            if site.picked or not in_order:
                record.strewn.add(site)


class _Watcher:
    def __init__(self, site_map: SiteMap, families: Collection[str]) -> None:
        self._families = families
        # a model that names its sites writes over none of them; a foreign one may
        self._foreign = site_map.reading is not None
        self._sites: dict[str, list[OutputSite]] = {}
        for site in site_map.outputs:
            self._sites.setdefault(site.module, []).append(site)
        streams = () if site_map.reading is None else site_map.reading.streams
        self._streams: dict[BlockCall, list[StreamSite]] = {}
        for stream in streams:
            self._streams.setdefault(stream.block, []).append(stream)
        calls = [site.block for site in site_map.outputs if site.block is not None] + list(self._streams)
        self.blocks = tuple(dict.fromkeys(call.module for call in calls))
        self._turns: dict[str, int] = {}
        self._open: list[BlockCall] = []
        self.calls: dict[OutputSite, list[Tensor]] = {}
        self.streams: dict[StreamSite, Tensor] = {}
        self.embedded: list[Tensor] = []

    def enter(self, name: str) -> Any:
        def hook(_module: nn.Module, args: Any, kwargs: Any) -> None:
            turn = self._turns[name] = self._turns.get(name, -1) + 1
            self._open.append(BlockCall(name, turn))
            self._keep(self._open[-1], "input", (args, kwargs))

        return hook

    def leave(self, _name: str) -> Any:
        def hook(_module: nn.Module, _args: Any, output: Any) -> None:
            self._keep(self._open.pop(), "output", output)

        return hook

    def _keep(self, call: BlockCall, take: str, value: Any) -> None:
        for site in self._streams.get(call, ()):
            if site.take == take:
                self.streams[site] = self._copied(list(tensors_of(value))[site.index], "hidden")

    def _copied(self, tensor: Tensor, family: str) -> Tensor:
        tensor = tensor.detach()
        return tensor.clone() if family in self._families else torch.empty_like(tensor, device="meta")

    def output(self, name: str) -> Any:
        def hook(_module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
            for site in self._sites[name]:
                if site.block is None or site.block in self._open:
                    tensor = output if site.take == "output" else args[0]
                    tensor = next(tensors_of(tensor), None)
                    if tensor is None:
                        continue
                    part = tensor if site.part is None else tensor[..., slice(*site.part)]
                    if not self._foreign and site.block is None:
                        # a model that names its sites calls each once in what its loss is computed by, which is last
                        self.calls.pop(site, None)
                    self.calls.setdefault(site, []).append(self._copied(part, site.family) if self._foreign else part)

        return hook

    def embedding(self, _module: nn.Module, _args: Any, output: Any) -> Tensor | None:
        self.embedded += list(tensors_of(output))[:1]
        # a gradient is taken here: what the model writes over must not be what it is taken at
        return output.clone() if self._foreign and isinstance(output, Tensor) else None


def joined(calls: list[Tensor], tokens: int) -> tuple[Tensor, bool]:
    """What a module gave in several calls, as one tensor, and whether its tokens are in their order.

    Args:
        calls: In their order.
        tokens: Tokens of a sequence: chunks of so many together are put behind each other along it, all else along
            the first axis.
    """
    if len(calls) == 1:
        return calls[0], True
    first = calls[0]
    alike = all(call.ndim == first.ndim and call.shape[-1] == first.shape[-1] for call in calls)
    if not alike:
        return torch.cat([call.reshape(-1) for call in calls]), False
    chunked = first.ndim == 3 and sum(call.shape[1] for call in calls) == tokens
    if chunked and all(call.shape[0] == first.shape[0] for call in calls):
        return torch.cat(calls, dim=1), True
    same = all(call.shape[1:] == first.shape[1:] for call in calls)
    return torch.cat(calls if same else [call.reshape(-1, call.shape[-1]) for call in calls]), False


def arranged(tensor: Tensor, shape: tuple[int, int], axes: Axes, *, turned: bool = False) -> Tensor | None:
    """A tensor as (batch, tokens, width); None where that is not certain.

    Args:
        tensor: As a module gave it.
        shape: (batch, tokens).
        axes: Of the residual stream.
        turned: Whether it may have its width before its tokens, as convolutions want it.
    """
    batch, tokens = shape
    if axes is None:
        return None
    if batch == tokens:
        # the shape does not tell one from the other: as the stream has them
        if tensor.ndim != 3 or tensor.shape[:2] != shape or turned:
            return None
        return tensor if axes == "batch first" else tensor.transpose(0, 1)
    if tensor.ndim == 2 and tensor.shape[0] == batch * tokens:
        if axes == "tokens first":
            return tensor.reshape(tokens, batch, -1).transpose(0, 1)
        return tensor.reshape(batch, tokens, -1)
    if tensor.ndim != 3:
        return None
    orders = ((0, 1, 2), (1, 0, 2), *([(0, 2, 1)] if turned else []))
    fits = [found for order in orders if (found := tensor.permute(order)).shape[:2] == shape]
    return fits[0] if len(fits) == 1 else None
