"""Floating-point operations of a forward pass, counted by torch as the operations pass by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from lpzero.spaces.models.sites import LanguageModel


def counted_flops(model: nn.Module, input_ids: Tensor) -> int:
    """Count the operations from the ids to the logits of every token.

    Args:
        model: A :class:`~lpzero.spaces.models.sites.LanguageModel`, its attention written out: the fused kernels of
            torch are other operations.
        input_ids: (1, tokens) on the model's device, which may be ``meta``.

    Returns:
        Twice the multiplications of matrix products and convolutions, as ``torch.utils.flop_counter`` counts them.
    """
    assert isinstance(model, LanguageModel)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.logits(input_ids)
    return int(counter.get_total_flops())


def passed_flops(model: nn.Module, arguments: Mapping[str, Any]) -> int:
    """Count the operations of a forward pass with its loss: for a model that is not ours.

    Args:
        model: Called as :class:`lpzero.spaces.models.sites.SitedModel` says.
        arguments: What it is called with, by name: ids and labels, (batch, tokens), and what else a batch has.
    """
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(**arguments)
    return int(counter.get_total_flops())
