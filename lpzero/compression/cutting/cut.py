"""The smaller model: a checkpoint without the layers, blocks, key-value groups and neurons that were not chosen."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, nn

from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.compression.cutting.families import Part
from lpzero.compression.cutting.layout import Layout, blocks_of, norms_follow, part
from lpzero.errors import InputError

Model = TypeVar("Model", bound=nn.Module)


class Nothing(nn.Module):
    """What a block that was removed adds to the residual stream.

    The answer is zeros in the shape of the first argument, in a tuple where the attention stood.
    """

    def __init__(self, *, of_attention: bool = False) -> None:
        super().__init__()
        self.of_attention = of_attention

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Zeros; ``hidden_states`` may be given by name."""
        zeros = torch.zeros_like(args[0] if args else kwargs["hidden_states"])
        return (zeros, None) if self.of_attention else zeros


def check_choice(layout: Layout, choice: Choice) -> None:
    """Raise InputError where a choice is none of this checkpoint, or leaves a model without any attention."""
    if len(choice.layers) != layout.depth:
        raise InputError(f"expected a choice for {layout.depth} layers, found one for {len(choice.layers)}")
    for one in choice.layers:
        for name, places, size in (("groups", one.groups, layout.groups), ("neurons", one.neurons, layout.neurons)):
            if places and places[-1] >= size:
                raise InputError(f"layer {one.layer}: {name}: expected places below {size}, found {places[-1]}")
    if not any(one.groups for one in choice.layers):
        raise InputError("expected a choice that keeps the attention of one layer at least, found none")


def cut(
    model: Model,
    layout: Layout,
    choice: Choice,
    *,
    share: bool = False,
    ready: Mapping[int, Mapping[str, nn.Module]] = MappingProxyType({}),
) -> Model:
    """Make the smaller model; the original stays as it is, and shares no tensor with it unless asked to.

    Its blocks are those that stay, in order, with narrower linear modules; a removed attention or feed-forward is
    :class:`Nothing`. It runs and generates as the original does, with a cache of what is left.

    Args:
        model: The checkpoint.
        layout: What :func:`read_layout` says of it.
        choice: What stays.
        share: Whether tensors that stay as they are, embeddings above all, are those of the checkpoint: they are then
            to be read alone.
        ready: Modules that are taken in the place of narrowed ones, by layer and path within its block.

    Raises:
        InputError: The choice is none of this checkpoint, or leaves no attention at all.
    """
    check_choice(layout, choice)
    blocks = blocks_of(model, layout)
    # what stands here is taken in place of a copy: what goes is never copied
    instead: dict[int, Any] = {id(one): one for one in (*model.parameters(), *model.buffers())} if share else {}
    for one in choice.layers:
        block = blocks[one.layer]
        if one.is_dropped:
            instead[id(block)] = Nothing()
        else:
            made = {**replacements(block, layout, one), **ready.get(one.layer, {})}
            instead |= {id(part(block, path)): new for path, new in made.items()}
    smaller = copy.deepcopy(model, instead)
    kept = nn.ModuleList(blocks_of(smaller, layout)[layer] for layer in choice.kept)
    parent, _, name = layout.places.blocks.rpartition(".")
    setattr(part(smaller, parent), name, kept)
    _count(smaller, layout, choice)
    return smaller


def replacements(block: nn.Module, layout: Layout, one: LayerChoice) -> dict[str, nn.Module]:
    """What stands in a block, by path, where a choice makes it smaller: modules made anew; the block is only read."""
    places = layout.places
    found: dict[str, nn.Module] = {}
    if not one.groups:
        found[places.attention] = Nothing(of_attention=True)
        if not places.attention_out.startswith(f"{places.attention}."):
            found[places.attention_out] = Nothing()
        if places.attention_norm is not None and not norms_follow(block, layout):
            found[places.attention_norm] = nn.Identity()
    elif len(one.groups) < layout.groups:
        rows = {name: _columns(one.groups, length) for name, length in _lengths(layout).items()}
        for path, parts in places.projections:
            found[path] = narrowed(part(block, path), outputs=_stacked(parts, rows, layout))
        found[places.attention_out] = narrowed(part(block, places.attention_out), inputs=rows["query"])
    if not one.neurons:
        found |= {path: Nothing() for path in places.feed_forward}
        if places.feed_forward_norm is not None and not norms_follow(block, layout):
            found[places.feed_forward_norm] = nn.Identity()
    elif len(one.neurons) < layout.neurons:
        neurons = torch.tensor(one.neurons)
        found |= {path: narrowed(part(block, path), outputs=neurons) for path in places.inner}
        found[places.outer] = narrowed(part(block, places.outer), inputs=neurons)
    return found


def _lengths(layout: Layout) -> dict[Part, int]:
    return {"query": layout.group_width, "key": layout.head_width, "value": layout.head_width}


def _columns(groups: Sequence[int], length: int) -> Tensor:
    return (torch.tensor(groups)[:, None] * length + torch.arange(length)).flatten()


def _stacked(parts: Sequence[Part], rows: dict[Part, Tensor], layout: Layout) -> Tensor:
    """The rows of a projection whose parts stand one after the other."""
    begin, found = 0, []
    for one in parts:
        found.append(rows[one] + begin)
        begin += _lengths(layout)[one] * layout.groups
    return torch.cat(found)


def group_columns(layout: Layout, groups: Sequence[int]) -> Tensor:
    """The inputs of the attention's output projection that come of some groups, (len(groups) * group_width,)."""
    return _columns(groups, layout.group_width)


def narrowed(linear: Any, *, outputs: Tensor | None = None, inputs: Tensor | None = None) -> nn.Module:
    """A linear module with some of the outputs and inputs of another one, in tensors of its own.

    Args:
        linear: ``torch.nn.Linear``, or the ``Conv1D`` of transformers, which keeps its weight as (inputs, outputs).
        outputs: (outputs,) places that stay; None for all.
        inputs: (inputs,) likewise.
    """
    weight: Tensor = linear.weight
    bias: Tensor | None = linear.bias
    straight = isinstance(linear, nn.Linear)
    for places, dim in ((outputs, 0 if straight else 1), (inputs, 1 if straight else 0)):
        if places is not None:
            weight = weight.index_select(dim, places.to(weight.device))
    if bias is not None and outputs is not None:
        bias = bias.index_select(0, outputs.to(bias.device))
    # made without numbers, which are then the chosen ones: nothing is drawn
    new: Any = _blank(linear, weight.shape)
    new.weight = nn.Parameter(weight.detach().clone(), requires_grad=linear.weight.requires_grad)
    if bias is not None:
        new.bias = nn.Parameter(bias.detach().clone(), requires_grad=linear.bias.requires_grad)
    new.train(linear.training)
    return cast(nn.Module, new)


def _blank(linear: Any, shape: torch.Size) -> Any:
    if isinstance(linear, nn.Linear):
        return nn.Linear(shape[1], shape[0], bias=linear.bias is not None, device="meta")
    with torch.device("meta"):
        return type(linear)(shape[1], shape[0])


def count_heads(block: nn.Module, layout: Layout, groups: int) -> None:
    """Let a block that was cut know its number of heads, where it keeps one."""
    places = layout.places
    for names, number in ((places.heads, groups * layout.heads), (places.width, groups * layout.group_width)):
        for name in names:
            setattr(part(block, places.attention), name, number)


def _count(smaller: nn.Module, layout: Layout, choice: Choice) -> None:
    """Let a smaller model know its own numbers: heads, places in the cache, depth."""
    place = 0
    for block, layer in zip(blocks_of(smaller, layout), choice.kept, strict=True):
        groups = len(choice.layers[layer].groups)
        if not groups:
            continue
        count_heads(block, layout, groups)
        # a cache counts the tokens so far by its first layer: those with attention are numbered without gaps
        part(block, layout.places.attention).layer_idx = place
        place += 1
    config: Any = smaller.config
    if getattr(config, "layer_types", None) is not None:
        config.layer_types = [config.layer_types[layer] for layer in choice.kept]
    config.num_hidden_layers = len(choice.kept)
