"""Adapters of low rank (LoRA, Hu et al. 2021, https://arxiv.org/abs/2106.09685) in the place of all weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from lpzero.compression.recovery.teacher import output_projection
from lpzero.errors import InputError, MissingError

SCALE = 2
"""What adapters add is multiplied by this, whatever their rank."""


def with_adapters(model: nn.Module, rank: int, seed: int) -> tuple[nn.Module, Callable[[], nn.Module]]:
    """Put an adapter on every linear map of a model, the output projection left out; it alone learns.

    Args:
        model: It is changed.
        rank: Rank of each adapter, at least 1.
        seed: Of their first weights.

    Returns:
        The model with adapters, and what merges them and gives the model without any.

    Raises:
        MissingError: The library peft is not installed.
        InputError: The model has no linear map that peft can adapt.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
        from peft.tuners.lora import LoraLayer
    except ImportError as err:
        raise MissingError("`rank` needs the library peft: python -m pip install 'lpzero[lora]'") from err
    output = output_projection(model)
    names = [name for name, module in model.named_modules() if _is_linear(module) and module is not output]
    if not names:
        raise InputError("`rank`: expected a model with linear maps, found none: recover all weights instead")
    settings = LoraConfig(
        r=rank, lora_alpha=SCALE * rank, lora_dropout=0.0, target_modules=names, fan_in_fan_out=_is_transposed(model)
    )
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        adapted: Any = inject_adapter_in_model(settings, model)

    def merged() -> nn.Module:
        for name, module in list(adapted.named_modules()):
            if isinstance(module, LoraLayer):
                module.merge()
                adapted.set_submodule(name, module.get_base_layer())
        plain: nn.Module = adapted
        return plain.requires_grad_(True)

    return adapted, merged


def _is_linear(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear) or type(module).__name__ == "Conv1D"


def _is_transposed(model: nn.Module) -> bool:
    return any(type(module).__name__ == "Conv1D" for module in model.modules())
