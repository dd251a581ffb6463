"""A language model whose layers are not alike: each has key-value groups and feed-forward neurons of its own.

What ``transformers`` loads with ``trust_remote_code=True``; nothing else is needed.
"""

from typing import Any

import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM


class CutConfig(LlamaConfig):
    """The configuration of the family, and what each layer has.

    Attributes:
        layer_groups: Key-value groups of each layer, with their query heads; 0 where it has no attention.
        layer_neurons: Feed-forward neurons of each layer; 0 where it has no feed-forward.
        layer_parts: Where the parts of a layer lie, and the sizes of a group.
    """

    model_type = "cut_layers"

    layer_groups: list[int] | None = None
    layer_neurons: list[int] | None = None
    layer_parts: dict[str, Any] | None = None


class Nothing(nn.Module):
    """What a block that is not there adds to the residual stream."""

    def __init__(self, of_attention: bool = False) -> None:
        super().__init__()
        self.of_attention = of_attention

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Zeros in the shape of the first argument."""
        zeros = torch.zeros_like(args[0] if args else kwargs["hidden_states"])
        return (zeros, None) if self.of_attention else zeros


class CutModel(LlamaForCausalLM):
    """The model of the family with narrower layers."""

    config_class = CutConfig

    def __init__(self, config: CutConfig) -> None:
        super().__init__(config)
        parts, place = config.layer_parts, 0
        for layer, groups, neurons in zip(
            self.get_submodule(parts["blocks"]), config.layer_groups, config.layer_neurons, strict=True
        ):
            _set_attention(layer, parts, groups)
            _set_feed_forward(layer, parts, neurons)
            if groups:
                # a cache counts the tokens so far by its first layer: those with attention are numbered without gaps
                layer.get_submodule(parts["attention"]).layer_idx = place
                place += 1
        self.post_init()


def _set_attention(layer: nn.Module, parts: dict[str, Any], groups: int) -> None:
    if not groups:
        layer.set_submodule(parts["attention"], Nothing(of_attention=True))
        if not parts["attention_out"].startswith(parts["attention"] + "."):
            layer.set_submodule(parts["attention_out"], Nothing())
        _remove_norm(layer, parts["attention_norm"])
        return
    sizes = {"query": parts["group_width"], "key": parts["head_width"], "value": parts["head_width"]}
    for path, stacked in parts["projections"]:
        _resize(layer, path, outputs=groups * sum(sizes[one] for one in stacked))
    _resize(layer, parts["attention_out"], inputs=groups * parts["group_width"])
    attention = layer.get_submodule(parts["attention"])
    for name in parts["heads"]:
        setattr(attention, name, groups * parts["group_heads"])
    for name in parts["width"]:
        setattr(attention, name, groups * parts["group_width"])


def _set_feed_forward(layer: nn.Module, parts: dict[str, Any], neurons: int) -> None:
    if not neurons:
        for path in parts["feed_forward"]:
            layer.set_submodule(path, Nothing())
        _remove_norm(layer, parts["feed_forward_norm"])
        return
    for path in parts["inner"]:
        _resize(layer, path, outputs=neurons)
    _resize(layer, parts["outer"], inputs=neurons)


def _remove_norm(layer: nn.Module, path: str | None) -> None:
    # a norm that follows the sum is passed whatever is added
    if path is not None and getattr(layer, "do_layer_norm_before", True):
        layer.set_submodule(path, nn.Identity())


def _resize(layer: nn.Module, path: str, inputs: int | None = None, outputs: int | None = None) -> None:
    """Another linear module of the same kind in the place of one: Conv1D has its weight as (inputs, outputs)."""
    old = layer.get_submodule(path)
    if isinstance(old, nn.Linear):
        found, made = (old.in_features, old.out_features), old.bias is not None
        wanted = (inputs or found[0], outputs or found[1])
        new = nn.Linear(*wanted, bias=made, device=old.weight.device, dtype=old.weight.dtype)
    else:
        found = tuple(old.weight.shape)
        wanted = (inputs or found[0], outputs or found[1])
        new = type(old)(wanted[1], wanted[0]).to(old.weight.device, old.weight.dtype)
    if wanted != found:
        layer.set_submodule(path, new)
