"""Synaptic diversity: nuclear norms of weights and of their gradients."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.metrics.trace import gradients, trace
from lpzero.operands.batch import Batch
from lpzero.spaces.models.sites import SiteMap


def synaptic_diversity(model: nn.Module, site_map: SiteMap, batch: Batch) -> float:
    """Nuclear norm of the weight times that of its gradient, summed over the operations' linear layers.

    As Serianni & Kalita 2023 (https://arxiv.org/abs/2306.00288) compute it, but for the gradient, which is
    that of the model's own loss. A fused projection counts as the one matrix that it is.

    Raises:
        LpzeroError: No operation has a linear layer.
    """
    traced = trace(model, site_map, batch)
    weights = tuple(
        weight
        for site, weight in zip(site_map.parameters, traced.weights, strict=True)
        if site.group == "operation" and weight.ndim == 2
    )
    if not weights:
        raise LpzeroError("synaptic_diversity looks at linear layers of operations: the site map has none")
    grads = gradients(traced.loss, weights)
    return sum(_nuclear(w.detach()) * _nuclear(g) for w, g in zip(weights, grads, strict=True))


def _nuclear(matrix: Tensor) -> float:
    return float(torch.linalg.svdvals(matrix).sum())
