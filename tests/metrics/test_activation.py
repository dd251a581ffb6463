"""Activation distance against the matrices that define it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from lpzero.metrics import get_metric
from lpzero.operands.batch import Batch
from lpzero.operands.extract import extract


def test_the_distance_is_a_sum_over_pairs_of_tokens(tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny(activation=nn.ReLU)
    # The second sequence repeats one token, so that it could not be taken for the first.
    batch.input_ids[1] = batch.input_ids[0, 0]
    expected = 0.0
    for activation in extract(model, model.site_map(), batch).tensors["activation"]:
        pattern = (activation[0] > 0).double()
        assert 0 < pattern.mean() < 1
        expected += (pattern @ pattern.T + (1 - pattern) @ (1 - pattern).T).sum().item()
    assert get_metric("activation_distance").score_pass(model, model.site_map(), batch) == expected
