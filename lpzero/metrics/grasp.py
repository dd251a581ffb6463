"""GraSP: how a step along the gradient changes the gradient's own norm, weight by weight."""

from __future__ import annotations

import torch
from torch import nn

from lpzero.metrics.trace import gradients, trace
from lpzero.operands.batch import Batch
from lpzero.spaces.models.sites import SiteMap


def grasp(model: nn.Module, site_map: SiteMap, batch: Batch) -> float:
    """Minus the sum of weight * (Hessian x gradient) over all parameter sites.

    Wang et al. 2020 (https://arxiv.org/abs/2002.07376). The loss is the model's own, without the
    temperature of their code; embeddings count, and Hessian and gradient are those of the parameter sites.
    """
    traced = trace(model, site_map, batch)
    grads = gradients(traced.loss, traced.weights, keep_graph=True)
    aligned = torch.stack([(g.detach() * g).sum() for g in grads]).sum()
    products = gradients(aligned, traced.weights)
    return -float(sum((w.detach() * p).sum().item() for w, p in zip(traced.weights, products, strict=True)))
