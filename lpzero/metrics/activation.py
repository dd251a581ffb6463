"""Activation distance: which features are active for which tokens."""

from __future__ import annotations

from torch import nn

from lpzero.metrics.sequences import by_sequence, of_one_sequence
from lpzero.metrics.trace import trace, traced_activations
from lpzero.operands.batch import Batch
from lpzero.spaces.models.sites import SiteMap


def activation_distance(model: nn.Module, site_map: SiteMap, batch: Batch) -> float:
    """Sum of X X^T + (1 - X)(1 - X)^T over the feed-forwards, X = [activation > 0] of the first sequence.

    X is (tokens, features); every pair of tokens counts the features on which the two agree. As Serianni &
    Kalita 2023 (https://arxiv.org/abs/2306.00288) compute it: larger where tokens are *less* apart, in spite
    of the name.

    Raises:
        LpzeroError: The model has no feed-forward activation.
    """
    traced = traced_activations("activation_distance", model, site_map, batch)
    whole = [by_sequence(activation.values(), batch) for activation in traced.activations]
    if None in whole:
        alone, tokens = batch.sequence(0), batch.input_ids.shape[1]
        activations = trace(model, site_map, alone, activations=True).activations
        firsts = [of_one_sequence(activation.values(), tokens) for activation in activations if activation.calls]
    else:
        firsts = [call[0] for calls in whole for call in calls or ()]
    score = 0.0
    for first in firsts:
        # The sum over pairs of tokens is a square of counts, feature by feature.
        active = (first > 0).sum(0).double()
        idle = len(first) - active
        score += (active.square() + idle.square()).sum().item()
    return score
