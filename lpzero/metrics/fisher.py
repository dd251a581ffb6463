"""Fisher information of the feed-forward activations."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from lpzero.metrics.sequences import by_sequence, of_one_sequence, one_by_one
from lpzero.metrics.trace import Trace, gradients, traced_activations
from lpzero.operands.batch import Batch
from lpzero.spaces.models.sites import SiteMap


def fisher(model: nn.Module, site_map: SiteMap, batch: Batch) -> float:
    """Sum over activations and features of the mean over sequences of (sum over tokens of activation * gradient)^2 / 2.

    Turner et al. 2020 (BlockSwap, https://arxiv.org/abs/1906.04113, equation 3): positions are summed, examples squared
    each and then averaged. Deviation: the gradient is that of the model's own mean loss, which scales all scores alike.
    Every call of a module counts: chunks of the tokens and the tokens of all experts as one activation, a block that is
    applied again as another one.

    Raises:
        LpzeroError: The model has no feed-forward activation, or one of which it cannot be told what is a sequence's.
    """
    traced = traced_activations("fisher", model, site_map, batch)
    whole = [by_sequence(products, batch) for products in _products(traced)]
    if not traced.loss.isfinite():
        return math.nan
    if None in whole:
        return _of_lone_sequences(model, site_map, batch, traced.loss)
    score = 0.0
    for products in whole:
        for product in products or ():
            score += product.flatten(1, -2).sum(1).square().mean(0).sum().item() / 2
    return score


def _of_lone_sequences(model: nn.Module, site_map: SiteMap, batch: Batch, loss: Tensor) -> float:
    sequences, tokens = batch.input_ids.shape
    score = 0.0
    for share, alone in one_by_one(model, site_map, batch, loss):
        for products in _products(alone):
            if products:
                score += (share * of_one_sequence(products, tokens).sum(0)).square().sum().item() / 2
    return score / sequences


def _products(traced: Trace) -> list[tuple[Tensor, ...]]:
    """Activation times gradient, for every activation a tensor a call."""
    calls = tuple(call for activation in traced.activations for call in activation.calls)
    found = iter(gradients(traced.loss, calls)) if calls else iter(())
    products = []
    for activation in traced.activations:
        per_call = tuple(torch.mul(call.detach(), next(found)) for call in activation.calls)
        products.append(activation.parts(per_call))
    return products
