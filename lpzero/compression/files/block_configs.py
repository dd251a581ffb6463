"""A smaller LLaMA as ``block_configs``, the form of NVIDIA's Nemotron-NAS family: what vLLM, TensorRT-LLM and MLX read.

The form counts key-value heads and feed-forward neurons of each layer, but query heads of the whole model alone, and
its readers round widths up to multiples of 256. So what it cannot say is filled up with zeros, which change nothing but
the size: query heads whose outputs nobody reads, and neurons that are always 0.

The field names and rules are those of ``nvidia/Llama-3_1-Nemotron-51B-Instruct`` and the readers named above.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from lpzero.compression.files.own_code import auto_map
from lpzero.compression.files.smaller import Smaller
from lpzero.errors import InputError

BLOCK_CODE = "modeling_block_configs.py"
FAMILIES = ("llama", "mistral")
MULTIPLE = 256
"""What readers round numbers of neurons up to."""


def check_like_llama(smaller: Smaller, form: str) -> None:
    """Raise InputError where a form that is LLaMA's alone cannot say a model.

    Args:
        smaller: The model.
        form: What the form is called.
    """
    config, layout = smaller.config, smaller.layout
    if layout.family not in FAMILIES:
        raise InputError(f"`form` {form}: expected a checkpoint of {' or '.join(FAMILIES)}, found {layout.family}")
    if getattr(config, "sliding_window", None) is not None:
        raise InputError(f"`form` {form}: expected full attention, found a sliding_window: it would not be kept")
    if config.hidden_act != "silu":
        raise InputError(f"`form` {form}: expected hidden_act silu, found {config.hidden_act}")
    named = next((name for name in smaller.tensors if name.endswith(".bias")), None)
    if named is not None:
        raise InputError(f"`form` {form}: expected linear maps without biases, found {named}")


def block_configuration(smaller: Smaller) -> dict[str, Any]:
    """The document ``config.json``.

    Raises:
        InputError: The form cannot say the model.
    """
    check_like_llama(smaller, "block_configs")
    layout, config = smaller.layout, smaller.config
    if layout.head_width * layout.groups * layout.heads != layout.width:
        raise InputError(
            f"`form` block_configs: expected heads of {layout.width} / {layout.groups * layout.heads} numbers, since "
            f"its readers divide, found {layout.head_width}"
        )
    rope = dict(getattr(config, "rope_parameters", None) or {})
    theta = rope.pop("rope_theta", None)
    return smaller.with_depth() | {
        "model_type": "nemotron-nas",
        "architectures": ["DeciLMForCausalLM"],
        "auto_map": auto_map(smaller, BLOCK_CODE, "DeciLMConfig", "DeciLMForCausalLM"),
        "block_configs": [_block(smaller, *sizes) for sizes in zip(smaller.groups, smaller.neurons, strict=True)],
        # readers other than transformers know these two by their older names
        "rope_theta": theta,
        **({} if rope.get("rope_type", "default") == "default" else {"rope_scaling": rope}),
    }


def _block(smaller: Smaller, groups: int, neurons: int) -> dict[str, Any]:
    layout = smaller.layout
    queries = layout.groups * layout.heads
    said = said_groups(layout.groups, queries, groups)
    return {
        "attention": {
            "n_heads_in_group": queries // said if groups else None,
            "no_op": not groups,
            "replace_with_linear": False,
        },
        "ffn": {
            "ffn_mult": 3 * said_neurons(neurons) / (2 * layout.width) if neurons else None,
            "no_op": not neurons,
            "replace_with_linear": False,
        },
    }


def said_groups(whole: int, queries: int, groups: int) -> int:
    """Key-value heads of a layer in this form: the fewest that divide all query heads, and hold the groups that stay.

    Args:
        whole: Groups of a layer of the checkpoint.
        queries: Query heads of a layer of the checkpoint.
        groups: Groups that stay.

    >>> [said_groups(3, 9, groups) for groups in (1, 2, 3)]
    [1, 3, 3]
    """
    return next((n for n in range(max(1, groups), whole + 1) if queries % n == 0), whole)


def said_neurons(neurons: int) -> int:
    """Neurons of a layer in this form: the next multiple of 256.

    >>> said_neurons(1000), said_neurons(1024)
    (1024, 1024)
    """
    return -(-neurons // MULTIPLE) * MULTIPLE


def block_tensors(smaller: Smaller) -> dict[str, Tensor]:
    """The tensors of the model, filled up with zeros to the sizes that the configuration says."""
    tensors = dict(smaller.tensors)
    layout = smaller.layout
    queries = layout.groups * layout.heads
    for index, (groups, neurons) in enumerate(zip(smaller.groups, smaller.neurons, strict=True)):
        stem = f"model.layers.{index}."
        if groups:
            said = said_groups(layout.groups, queries, groups)
            # a head of queries reads the keys of its place: the heads of each group stay together
            room = queries // said * layout.head_width
            for name, before in (("q", layout.group_width), ("k", layout.head_width), ("v", layout.head_width)):
                path = f"{stem}self_attn.{name}_proj.weight"
                after = room if name == "q" else layout.head_width
                tensors[path] = _filled(tensors[path], groups, before, said, after)
            path = f"{stem}self_attn.o_proj.weight"
            tensors[path] = _filled(tensors[path].T, groups, layout.group_width, said, room).T.contiguous()
        if neurons:
            said = said_neurons(neurons)
            for name in ("gate", "up"):
                path = f"{stem}mlp.{name}_proj.weight"
                tensors[path] = _filled(tensors[path], 1, neurons, 1, said)
            path = f"{stem}mlp.down_proj.weight"
            tensors[path] = _filled(tensors[path].T, 1, neurons, 1, said).T.contiguous()
    return tensors


def _filled(weight: Tensor, parts: int, rows: int, said_parts: int, said_rows: int) -> Tensor:
    """A weight (parts * rows, columns) whose parts have more rows, and of which there are more: zeros."""
    if (parts, rows) == (said_parts, said_rows):
        return weight
    new = torch.zeros(said_parts, said_rows, weight.shape[1], dtype=weight.dtype, device=weight.device)
    new[:parts, :rows] = weight.detach().reshape(parts, rows, -1)
    return new.flatten(0, 1)
