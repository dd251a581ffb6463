"""Fisher information of the feed-forward activations."""

from __future__ import annotations

from torch import nn

from lpzero.metrics.trace import traced_activations
from lpzero.operands.batch import Batch
from lpzero.spaces.models.sites import SiteMap


def fisher(model: nn.Module, site_map: SiteMap, batch: Batch) -> float:
    """Sum over activations and features of the mean over sequences of (sum over tokens of activation * gradient)^2 / 2.

    Turner et al. 2020 (BlockSwap, https://arxiv.org/abs/1906.04113, equation 3): positions are summed, examples squared
    each and then averaged. Deviation: the gradient is that of the model's own mean loss, which scales all scores alike.

    Raises:
        LpzeroError: The model has no feed-forward activation.
    """
    traced = traced_activations("fisher", model, site_map, batch)
    grads = traced.activation_gradients()
    score = 0.0
    for activation, gradient in zip(traced.activations, grads, strict=True):
        of_sequences = (activation.detach() * gradient).flatten(1, -2).sum(1)
        score += of_sequences.square().mean(0).sum().item() / 2
    return score
