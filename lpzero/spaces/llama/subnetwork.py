"""Sub-networks of a LLaMA: which layers, heads and channels of its weights are kept.

Layers are dropped evenly. Widths are cut to the most important channels, as the search of LoNAS does (Munoz et al.
2024, https://aclanthology.org/2024.lrec-main.940). Importance is the product of the norms that a signal passes, so
that it says how much a channel can add to the residual stream:

- a channel of the feed-forward: its row of ``gate``, its row of ``up``, its column of ``down``;
- a query head: its rows of ``query``, its columns of ``output``;
- a key-value group: its rows of ``key``, its rows of ``value``, the sum over its query heads.

Whole groups are kept, and in each of them the same number of query heads. What is kept stays in its order: the whole
model is a sub-network of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from lpzero.spaces.llama.checkpoint import Checkpoint, weights
from lpzero.spaces.llama.model import LlamaModel
from lpzero.spaces.llama.plan import Base, LlamaPlan, parameter_counts
from lpzero.spaces.models.weights import build_blank, check_memory

Read = Callable[[str], Tensor]
"""Returns a weight of the whole model by its name in :class:`lpzero.spaces.llama.model.LlamaModel`."""


def kept_layers(whole: int, depth: int) -> tuple[int, ...]:
    """The layers that a sub-network keeps: evenly spaced, the first and the last among them.

    Args:
        whole: Number of layers of the whole model.
        depth: Number of layers to keep, from 1 to ``whole``; a single one is the first.

    >>> kept_layers(6, 4)
    (0, 2, 3, 5)
    """
    if depth == 1:
        return (0,)
    return tuple(round(index * (whole - 1) / (depth - 1)) for index in range(depth))


def sliced(read: Read, plan: LlamaPlan) -> Iterator[tuple[str, Tensor]]:
    """The weights of a sub-network, by name, one layer of the whole model at a time.

    Gradients flow through to the weights that ``read`` returns; which ones are kept does not depend on the seed of
    anything.

    Args:
        read: Gives the weights of the whole model, the base of the plan.
        plan: The sub-network; it has the width of the whole model.
    """
    base = plan.base
    yield "embedding.weight", read("embedding.weight")
    for index, source in enumerate(kept_layers(base.depth, plan.depth)):
        for name, tensor in _layer(_inside(read, f"blocks.{source}."), plan, index):
            yield f"blocks.{index}.{name}", tensor
    yield "final_norm.weight", read("final_norm.weight")
    if not base.tied:
        yield "output.weight", read("output.weight")


def _inside(read: Read, prefix: str) -> Read:
    return lambda name: read(prefix + name)


def _layer(read: Read, plan: LlamaPlan, index: int) -> Iterator[tuple[str, Tensor]]:
    yield "operation_norm.weight", read("operation_norm.weight")
    query, key, value, output = (read(f"operation.{role}.weight") for role in ("query", "key", "value", "output"))
    groups, heads = _kept_heads(query, key, value, output, plan, index)
    size = plan.base.head_width
    queries, keys = _features(heads, size), _features(groups, size)
    yield "operation.query.weight", query.index_select(0, queries)
    yield "operation.key.weight", key.index_select(0, keys)
    yield "operation.value.weight", value.index_select(0, keys)
    yield "operation.output.weight", output.index_select(1, queries)
    yield "feed_forward_norm.weight", read("feed_forward_norm.weight")
    gate, up, down = (read(f"feed_forward.{role}.weight") for role in ("gate", "up", "down"))
    channels = _best(channel_importance(gate, up, down), plan.inner_widths[index])
    yield "feed_forward.gate.weight", gate.index_select(0, channels)
    yield "feed_forward.up.weight", up.index_select(0, channels)
    yield "feed_forward.down.weight", down.index_select(1, channels)


def channel_importance(gate: Tensor, up: Tensor, down: Tensor) -> Tensor:
    """Importance of the channels of a feed-forward, (channels,).

    Args:
        gate: (channels, width).
        up: Likewise.
        down: (width, channels).
    """
    gate, up, down = gate.detach(), up.detach(), down.detach()
    importance: Tensor = gate.norm(dim=1) * up.norm(dim=1) * down.norm(dim=0)
    return importance


def head_importance(query: Tensor, output: Tensor, base: Base) -> Tensor:
    """Importance of the query heads, (key-value groups, heads of a group).

    Args:
        query: (heads x size, width).
        output: (width, heads x size).
        base: Of the whole model.
    """
    shape = (base.kv_heads, base.shared, -1)
    importance: Tensor = query.detach().reshape(shape).norm(dim=2) * output.detach().T.reshape(shape).norm(dim=2)
    return importance


def group_importance(key: Tensor, value: Tensor, heads: Tensor) -> Tensor:
    """Importance of the key-value groups, (groups,).

    Args:
        key: (groups x size, width).
        value: Likewise.
        heads: (groups, heads of a group), as :func:`head_importance` returns it.
    """
    keys, values = (part.detach().reshape(len(heads), -1).norm(dim=1) for part in (key, value))
    importance: Tensor = keys * values * heads.sum(dim=1)
    return importance


def _kept_heads(
    query: Tensor, key: Tensor, value: Tensor, output: Tensor, plan: LlamaPlan, index: int
) -> tuple[Tensor, Tensor]:
    """The key-value groups of a layer that are kept, and the query heads."""
    base, kept = plan.base, plan.kv_heads[index]
    importance = head_importance(query, output, base)
    groups = _best(group_importance(key, value, importance), kept)
    heads = [group * base.shared + _best(importance[group], plan.heads[index] // kept) for group in groups.tolist()]
    return groups, torch.cat(heads)


def _best(importance: Tensor, number: int) -> Tensor:
    """Where the most important ones are, in order; of equal ones the first."""
    order = importance.argsort(descending=True, stable=True)
    return order[:number].sort().values


def _features(heads: Tensor, size: int) -> Tensor:
    """The features of heads of a size."""
    return (heads.unsqueeze(1) * size + torch.arange(size, device=heads.device)).flatten()


def build(checkpoint: Checkpoint, plan: LlamaPlan) -> LlamaModel:
    """Build a sub-network in evaluation mode, its weights read one layer at a time.

    Raises:
        InputError: It does not fit in memory, or the checkpoint has changed since it was opened.
    """
    check_memory(parameter_counts(plan)["total"])
    model = build_blank(lambda: LlamaModel(plan)).to_empty(device="cpu")
    parameters = dict(model.named_parameters())
    with weights(checkpoint) as read, torch.no_grad():
        for name, tensor in sliced(read, plan):
            parameters.pop(name).copy_(tensor)
    assert not parameters, "every parameter has a weight in the checkpoint"
    return model.eval()
