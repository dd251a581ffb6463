"""THE table of shape operands: what a formula may refer to that no pass shows, since it is what the model is.

Counts are one number a model, exactly as it is built. The fans are one number a weight, as torch's initialisation
counts them (a matrix from m inputs to n outputs has a fan-in of m and a fan-out of n, and each tap of a convolution
counts as an input and an output of its own); the value of a layer is their sum over its weights, as with every operand
(decision 3).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from lpzero.spaces.models.sites import SiteMap


@dataclass(frozen=True)
class ShapeOperand:
    """One row of the table.

    Attributes:
        name: The word that formulas use.
        level: ``"scalar"``, one number a model, or ``"layers"``, one number a layer.
        latex: Its symbol.
        meaning: One line for people.
    """

    name: str
    level: Literal["scalar", "layers"]
    latex: str
    meaning: str


SHAPE_OPERANDS: dict[str, ShapeOperand] = {
    row.name: row
    for row in (
        ShapeOperand("depth", "scalar", "L", "number of blocks"),
        ShapeOperand("width", "scalar", "d", "hidden width of the blocks"),
        ShapeOperand("params", "scalar", "N", "all parameters"),
        ShapeOperand("decoder_params", "scalar", r"N^{\mathrm{dec}}", "parameters without the embeddings"),
        ShapeOperand("attention_params", "scalar", r"N^{\mathrm{op}}", "parameters of the operations"),
        ShapeOperand("feed_forward_params", "scalar", r"N^{\mathrm{ff}}", "parameters of the feed-forward parts"),
        ShapeOperand("embedding_params", "scalar", r"N^{\mathrm{emb}}", "parameters of the embeddings"),
        ShapeOperand("heads", "scalar", "h", "attention heads of all blocks together"),
        ShapeOperand("fan_in", "layers", r"n^{\mathrm{in}}", "inputs of a layer's weights, added up"),
        ShapeOperand("fan_out", "layers", r"n^{\mathrm{out}}", "outputs of a layer's weights, added up"),
    )
}
COUNTS = tuple(row.name for row in SHAPE_OPERANDS.values() if row.level == "scalar")
FANS = tuple(row.name for row in SHAPE_OPERANDS.values() if row.level == "layers")


@dataclass(frozen=True)
class ModelShape:
    """What a model is.

    Attributes:
        counts: One number a name of ``COUNTS``; NaN where the model does not show it.
        fans: For each name of ``FANS``, one number a parameter site, in the order of the sites.
    """

    counts: Mapping[str, float]
    fans: Mapping[str, tuple[float, ...]]


UNKNOWN = ModelShape(dict.fromkeys(COUNTS, math.nan), dict.fromkeys(FANS, ()))
"""The shape of what is no whole model."""


def parameter_counts(model: nn.Module, site_map: SiteMap) -> dict[str, int]:
    """The parameters of a model that is there, by the modules that hold its sites, biases included.

    What is no weight belongs to the group of the first weight that its module holds.

    Returns:
        ``total``, and those of each group: ``embedding``, ``operation``, ``feed_forward``, ``output``; and
        ``unreached``, those of parts that no pass reaches.
    """
    groups: dict[str, str] = {site.parameter: site.group for site in site_map.parameters}
    holders: dict[str, str] = {}
    for site in site_map.parameters:
        holders.setdefault(site.parameter.rpartition(".")[0], site.group)
    unreached = frozenset() if site_map.reading is None else site_map.reading.unreached
    counts = dict.fromkeys(("total", "embedding", "operation", "feed_forward", "output", "unreached"), 0)
    for name, parameter in model.named_parameters():
        counts["total"] += parameter.numel()
        # the weights of a recurrent module are of two groups, and so are the biases beside them
        beside = name.replace(".bias", ".weight") if site_map.recurrent else name
        known = groups.get(name, groups.get(beside, holders.get(name.rpartition(".")[0])))
        group = "unreached" if name in unreached else known
        if group is not None:
            counts[group] += parameter.numel()
    return counts


def decoder_params(counts: Mapping[str, int]) -> int:
    """The parameters of the blocks, with norms behind them, out of the counts of all groups."""
    return counts["total"] - counts["embedding"] - counts["output"] - counts["unreached"]


def hidden_width(model: nn.Module, site_map: SiteMap) -> int:
    """Hidden width of the blocks: what a reading saw, what the configuration says, else the widest of the narrow sides.

    An attention that is narrower than the stream has a projection out of it, and a feed-forward a narrow side as wide.
    """
    if site_map.reading is not None and site_map.reading.width:
        return site_map.reading.width
    inner = getattr(model, "model", model)
    stated = getattr(getattr(inner, "config", None), "hidden_size", None)
    if isinstance(stated, int):
        return stated
    parameters = dict(model.named_parameters())
    sides = [
        min(parameters[s.parameter].shape[:2]) for s in site_map.parameters if s.group in ("operation", "feed_forward")
    ]
    return max(sides, default=0)


def model_shape(model: nn.Module, site_map: SiteMap, width: int, attentions: Iterable[Tensor] | None) -> ModelShape:
    """The shape of a model that is there.

    Args:
        model: The model.
        site_map: Its sites.
        width: That of its residual stream.
        attentions: (batch, heads, tokens, tokens) of each block that attends; None where the model shows none.
    """
    counted = parameter_counts(model, site_map)
    counts = {
        "depth": site_map.depth,
        "width": width,
        "params": counted["total"],
        "decoder_params": decoder_params(counted),
        "attention_params": counted["operation"],
        "feed_forward_params": counted["feed_forward"],
        "embedding_params": counted["embedding"],
        "heads": math.nan if attentions is None else sum(one.shape[1] for one in attentions),
    }
    fans = [_fans(model, site.parameter) for site in site_map.parameters]
    return ModelShape(
        {name: float(counts[name]) for name in COUNTS},
        {name: tuple(fan[i] for fan in fans) for i, name in enumerate(FANS)},
    )


def _fans(model: nn.Module, name: str) -> tuple[float, float]:
    """Fan-in and fan-out of a weight of two or more axes, (outputs, inputs, ...) unless its module turns it round."""
    module = model.get_submodule(name.rpartition(".")[0])
    first, second, *taps = model.get_parameter(name).shape
    # an embedding is a matrix from one-hot tokens; the other is what GPT-2 is made of in transformers
    turned = isinstance(module, nn.Embedding) or type(module).__name__ == "Conv1D"
    fan_in, fan_out = (first, second) if turned else (second, first)
    return float(fan_in * math.prod(taps)), float(fan_out * math.prod(taps))
