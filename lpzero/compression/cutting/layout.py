"""What of a checkpoint may be cut: its blocks, key-value groups and feed-forward neurons, read off the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.compression.cutting.families import FAMILIES, Objective, Places
from lpzero.errors import InputError

if TYPE_CHECKING:
    import torch
    from torch import nn

HEADS = {"causal": ("ForCausalLM", "LMHeadModel"), "masked": ("ForMaskedLM",)}
"""How the classes with the loss of an objective end."""


@dataclass(frozen=True)
class Layout:
    """The shape of a checkpoint, and where its parts lie.

    Attributes:
        family: What its configuration calls the model.
        places: Where the parts of its blocks lie.
        depth: Blocks.
        width: Of the residual stream.
        groups: Key-value groups of a block.
        heads: Query heads of one group.
        head_width: Numbers a head puts out.
        neurons: Of a block's feed-forward.
    """

    family: str
    places: Places
    depth: int
    width: int
    groups: int
    heads: int
    head_width: int
    neurons: int

    @property
    def objective(self) -> Objective:
        """What the model predicts."""
        return self.places.objective

    @property
    def group_width(self) -> int:
        """Inputs of the attention's output projection that belong to one group."""
        return self.heads * self.head_width

    @property
    def everything(self) -> Choice:
        """The choice that cuts nothing."""
        groups, neurons = tuple(range(self.groups)), tuple(range(self.neurons))
        return Choice(tuple(LayerChoice(layer, groups, neurons) for layer in range(self.depth)))


def part(block: nn.Module, path: str) -> Any:
    """The module at a path within a block."""
    return block.get_submodule(path)


def blocks_of(model: nn.Module, layout: Layout) -> nn.ModuleList:
    """The blocks of a model, in order; those of one that was cut are found likewise."""
    blocks: nn.ModuleList = part(model, layout.places.blocks)
    return blocks


def weight_in(linear: nn.Module) -> torch.Tensor:
    """The weight of a linear module as (outputs, inputs), a view; GPT-2 keeps its own the other way round."""
    from torch import nn

    weight = cast("torch.Tensor", linear.weight)
    return weight if isinstance(linear, nn.Linear) else weight.T


def norms_follow(block: nn.Module, layout: Layout) -> bool:
    """Whether the residual stream passes through a block's norms; OPT has models of both kinds."""
    return layout.places.norms_follow or not getattr(block, "do_layer_norm_before", True)


def read_layout(model: nn.Module) -> Layout:
    """Read what of a model may be cut.

    Args:
        model: A language model of transformers, with the head of its loss.

    Raises:
        InputError: It is quantised, has adapters, shares weights between blocks, its blocks are of no family that is
            known or not all alike, or it has no language-model head.
    """
    config: Any = getattr(model, "config", None)
    family = getattr(config, "model_type", None)
    if not isinstance(family, str) or family not in FAMILIES:
        raise InputError(
            f"expected a model whose blocks are known ({', '.join(FAMILIES)}), found {family or type(model).__name__}"
        )
    places = FAMILIES[family]
    _refuse_foreign(model, config)
    if not type(model).__name__.endswith(HEADS[places.objective]):
        raise InputError(
            f"{family}: expected a model with a head for its {places.objective} loss "
            f"({' or '.join(HEADS[places.objective])}), found {type(model).__name__}"
        )
    blocks = part(model, places.blocks)
    if len(blocks) == 0:
        raise InputError(f"{family}: expected at least one block, found none")
    layout = _read(family, places, blocks[0], config, len(blocks))
    for index, block in enumerate(blocks):
        _check_block(layout, index, block)
    _refuse_shared(blocks)
    return layout


def _refuse_foreign(model: nn.Module, config: Any) -> None:
    if getattr(config, "quantization_config", None) is not None or getattr(model, "is_quantized", False):
        raise InputError(
            "expected a checkpoint in float32, bfloat16 or float16, found a quantised one: give the original"
        )
    if getattr(model, "peft_config", None) or any("lora_" in name for name, _ in model.named_parameters()):
        raise InputError("expected a plain checkpoint, found one with adapters: merge them into it first")
    if len(set(getattr(config, "layer_types", None) or ())) > 1:
        raise InputError("expected layers of one kind, found several kinds of attention in layer_types")
    if getattr(config, "scale_attn_by_inverse_layer_idx", False) or getattr(config, "add_cross_attention", False):
        raise InputError(
            "expected blocks that do not depend on their place and look at their own text alone, found "
            "scale_attn_by_inverse_layer_idx or add_cross_attention"
        )
    if getattr(config, "is_decoder", False) and FAMILIES[config.model_type].objective == "masked":
        raise InputError(f"{config.model_type}: expected an encoder, found is_decoder")


def _read(family: str, places: Places, block: nn.Module, config: Any, depth: int) -> Layout:
    try:
        out, outer = weight_in(part(block, places.attention_out)), weight_in(part(block, places.outer))
    except AttributeError as err:
        raise InputError(f"{family}: expected blocks as transformers has them, found others: {err}") from err
    queries = int(config.num_attention_heads)
    groups = int(getattr(config, "num_key_value_heads", None) or queries)
    return Layout(
        family=family,
        places=places,
        depth=depth,
        width=out.shape[0],
        groups=groups,
        heads=queries // groups,
        head_width=out.shape[1] // queries,
        neurons=outer.shape[1],
    )


def _shapes(layout: Layout) -> Iterator[tuple[str, tuple[int, int]]]:
    """Path and shape, (outputs, inputs), of each linear module of a block."""
    places, keys = layout.places, layout.groups * layout.head_width
    lengths = {"query": keys * layout.heads, "key": keys, "value": keys}
    for path, parts in places.projections:
        yield path, (sum(lengths[one] for one in parts), layout.width)
    yield places.attention_out, (layout.width, lengths["query"])
    for path in places.inner:
        yield path, (layout.neurons, layout.width)
    yield places.outer, (layout.width, layout.neurons)


def _check_block(layout: Layout, index: int, block: nn.Module) -> None:
    for path, shape in _shapes(layout):
        try:
            weight = weight_in(part(block, path))
        except AttributeError as err:
            raise InputError(
                f"{layout.family}: block {index}: expected {path}, found none: its blocks are not those of transformers"
            ) from err
        if tuple(weight.shape) != shape or not weight.is_floating_point():
            raise InputError(
                f"{layout.family}: block {index}: {path}: expected floating-point weights of the shape {list(shape)}, "
                f"found {str(weight.dtype).removeprefix('torch.')} of {list(weight.shape)}"
            )


def _refuse_shared(blocks: nn.ModuleList) -> None:
    seen: dict[int, int] = {}
    for index, block in enumerate(blocks):
        for name, parameter in block.named_parameters():
            if seen.setdefault(id(parameter), index) != index:
                raise InputError(
                    f"expected blocks with weights of their own, found {name} shared by the blocks "
                    f"{seen[id(parameter)]} and {index}"
                )
