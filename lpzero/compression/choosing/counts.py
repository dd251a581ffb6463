"""What a smaller model takes: parameters, operations and bytes of the cache, counted without making it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from torch import nn

from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.layout import Layout, blocks_of, norms_follow, part

LATENCY = "latency"
COUNTS: Mapping[str, str] = MappingProxyType(
    {
        "params": "parameters",
        "flops": "floating-point operations of a forward pass a token",
        "kv_bytes": "bytes of the cache a token",
        LATENCY: "seconds of a forward pass over one window, on one thread",
    }
)
"""What can be limited, and what it counts; the last is measured, and only where it is limited."""


@dataclass(frozen=True)
class PartCount:
    """What one part of a layer takes: once where any unit stays, and for each unit.

    Attributes:
        fixed: Once.
        each: For each key-value group, or neuron.
    """

    fixed: int
    each: int

    def of(self, units: int) -> int:
        """For so many units; nothing where none stays."""
        return self.fixed + self.each * units if units else 0


@dataclass(frozen=True)
class LayerCount:
    """What a layer takes of one count.

    Attributes:
        layer: Once where anything of it stays, beside its parts.
        attention: Its attention.
        feed_forward: Its feed-forward.
    """

    layer: int
    attention: PartCount
    feed_forward: PartCount

    def of(self, groups: int, neurons: int) -> int:
        """For so many key-value groups and neurons."""
        if not (groups or neurons):
            return 0
        return self.layer + self.attention.of(groups) + self.feed_forward.of(neurons)


class OfLayer(Protocol):
    """What a layer takes of one count."""

    def of(self, groups: int, neurons: int) -> float:
        """For so many key-value groups and neurons."""


@dataclass(frozen=True)
class Count:
    """What a checkpoint takes of one count; all its layers take the same.

    Attributes:
        outside: Outside its layers.
        layer: A layer.
    """

    outside: float
    layer: OfLayer

    def of(self, choice: Choice) -> float:
        """For a smaller model."""
        return self.outside + sum(self.layer.of(len(one.groups), len(one.neurons)) for one in choice.layers)


def counts_of(model: nn.Module, layout: Layout, *, context: int) -> Mapping[str, Count]:
    """All counts of a checkpoint.

    Args:
        model: The checkpoint.
        layout: Its shape.
        context: Tokens of a sequence; those before a token take operations as well.

    Returns:
        By name, those of ``COUNTS`` that are counted. Operations are those of matrix products, two for each weight and
        token.
    """
    return MappingProxyType(
        {
            "params": _params(model, layout),
            "flops": _flops(model, layout, context),
            "kv_bytes": _kv_bytes(model, layout),
        }
    )


def _params(model: nn.Module, layout: Layout) -> Count:
    block, places = blocks_of(model, layout)[0], layout.places
    of_block = _numel(block)
    attention = _part(block, [path for path, _ in places.projections], places.attention_out, layout.groups)
    feed_forward = _part(block, places.inner, places.outer, layout.neurons)
    norms = [0, 0]
    if not norms_follow(block, layout):
        paths = (places.attention_norm, places.feed_forward_norm)
        norms = [0 if path is None else _numel(part(block, path)) for path in paths]
    attention = PartCount(attention.fixed + norms[0] + _inside(block, layout), attention.each)
    feed_forward = PartCount(feed_forward.fixed + norms[1], feed_forward.each)
    rest = of_block - attention.of(layout.groups) - feed_forward.of(layout.neurons)
    return Count(_numel(model) - layout.depth * of_block, LayerCount(rest, attention, feed_forward))


def _part(block: nn.Module, before: Any, after: str, units: int) -> PartCount:
    into = sum(_numel(part(block, path)) for path in before)
    out: Any = part(block, after)
    bias = 0 if out.bias is None else out.bias.numel()
    return PartCount(bias, (into + out.weight.numel()) // units)


def _inside(block: nn.Module, layout: Layout) -> int:
    """Parameters of the attention beside its projections: norms of queries and keys."""
    places = layout.places
    linear = [path for path, _ in places.projections]
    if places.attention_out.startswith(f"{places.attention}."):
        linear.append(places.attention_out)
    return _numel(part(block, places.attention)) - sum(_numel(part(block, path)) for path in linear)


def _numel(module: nn.Module) -> int:
    # what is tied is counted once
    return sum(parameter.numel() for parameter in module.parameters())


def _flops(model: nn.Module, layout: Layout, context: int) -> Count:
    queries, keys = layout.group_width, layout.head_width
    # each token is compared with all of the sequence, and their values are summed
    seen = 4 * queries * context
    group = 2 * layout.width * (2 * queries + 2 * keys) + seen
    neuron = 2 * layout.width * (len(layout.places.inner) + 1)
    head: Any = model.get_output_embeddings()  # type: ignore[operator]
    outside = 2 * head.weight.numel()
    return Count(outside, LayerCount(0, PartCount(0, group), PartCount(0, neuron)))


def _kv_bytes(model: nn.Module, layout: Layout) -> Count:
    size = next(model.parameters()).element_size()
    return Count(0, LayerCount(0, PartCount(0, 2 * layout.head_width * size), PartCount(0, 0)))
