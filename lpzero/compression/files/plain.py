"""A smaller model that an ordinary configuration of its family says: fewer layers, one width for all."""

from __future__ import annotations

import copy
from typing import Any

import torch

from lpzero.compression.files.smaller import Smaller

_NEURONS = {"gpt2": "n_inner", "opt": "ffn_dim"}


def plain_configuration(smaller: Smaller) -> dict[str, Any] | None:
    """The document ``config.json`` of the family; None where it cannot say this model.

    Whether it can is tried: the family's model of that configuration has the same tensors, name by name.
    """
    groups, neurons = set(smaller.groups), set(smaller.neurons)
    if len(groups) != 1 or len(neurons) != 1 or 0 in groups | neurons:
        return None
    changes = _changes(smaller, groups.pop(), neurons.pop())
    config = copy.deepcopy(smaller.config)
    try:
        for name, value in changes.items():
            setattr(config, name, value)
        # the check of a configuration may look at several numbers, so that the whole is made anew
        made = type(config)(**_fields(config))
        with torch.device("meta"):
            blank = type(smaller.model)(made)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    shapes = {name: tensor.shape for name, tensor in blank.state_dict().items()}
    if shapes != {name: tensor.shape for name, tensor in smaller.model.state_dict().items()}:
        return None
    names = getattr(type(smaller.config), "attribute_map", {})
    return smaller.with_depth() | {names.get(name, name): value for name, value in changes.items()}


def _fields(config: Any) -> dict[str, Any]:
    fields: dict[str, Any] = config.to_dict()
    return {name: value for name, value in fields.items() if name not in ("model_type", "transformers_version")}


def _changes(smaller: Smaller, groups: int, neurons: int) -> dict[str, Any]:
    layout, config = smaller.layout, smaller.config
    changes: dict[str, Any] = {}
    if groups != layout.groups:
        changes["num_attention_heads"] = groups * layout.heads
        if hasattr(config, "num_key_value_heads"):
            changes["num_key_value_heads"] = groups
        # otherwise it would follow from the width and the number of heads
        changes["head_dim"] = layout.head_width
    if neurons != layout.neurons:
        changes[_NEURONS.get(layout.family, "intermediate_size")] = neurons
    return changes
