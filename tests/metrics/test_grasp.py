"""GraSP against a finite difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from lpzero.metrics import get_metric
from lpzero.operands.batch import Batch


def gradient(model: Any, batch: Batch) -> list[torch.Tensor]:
    loss = model(input_ids=batch.input_ids, labels=batch.labels).loss
    weights = [p for p in model.parameters() if p.ndim >= 2]
    return list(torch.autograd.grad(loss, weights))


def test_grasp_is_a_hessian_gradient_product(tiny: Callable[..., Any], batch: Batch) -> None:
    # H g is the change of the gradient along g: (gradient(w + e g) - gradient(w - e g)) / (2 e).
    model, step = tiny(), 1e-5
    weights = [p.detach().clone() for p in model.parameters() if p.ndim >= 2]
    direction = gradient(model, batch)
    moved = []
    for sign in (1, -1):
        with torch.no_grad():
            live = [p for p in model.parameters() if p.ndim >= 2]
            for parameter, start, along in zip(live, weights, direction, strict=True):
                parameter.copy_(start + sign * step * along)
        moved.append(gradient(model, batch))
    with torch.no_grad():
        for parameter, start in zip(live, weights, strict=True):
            parameter.copy_(start)
    products = [(ahead - behind) / (2 * step) for ahead, behind in zip(*moved, strict=True)]
    expected = -sum((w * p).sum().item() for w, p in zip(weights, products, strict=True))
    assert get_metric("grasp").score_pass(model, model.site_map(), batch) == pytest.approx(expected, rel=1e-6)
