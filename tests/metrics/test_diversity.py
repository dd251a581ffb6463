"""Synaptic diversity against numpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lpzero.errors import LpzeroError
from lpzero.metrics import get_metric
from lpzero.operands.batch import Batch
from lpzero.operands.extract import extract


def test_diversity_is_a_product_of_nuclear_norms(tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny()
    operands = extract(model, model.site_map(), batch)
    expected = 0.0
    for site, weight, grad in zip(
        operands.sites["parameter"], operands.tensors["weight"], operands.tensors["grad"], strict=True
    ):
        if site.group == "operation":
            expected += np.linalg.norm(weight.numpy(), "nuc") * np.linalg.norm(grad.numpy(), "nuc")
    score = get_metric("synaptic_diversity").score_pass(model, model.site_map(), batch)
    assert score == pytest.approx(expected)


def test_a_model_without_operations_is_refused(tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny()
    sites = model.site_map()
    bare = replace(sites, parameters=tuple(s for s in sites.parameters if s.group != "operation"))
    with pytest.raises(LpzeroError, match="synaptic_diversity looks at linear layers of operations"):
        get_metric("synaptic_diversity").score_pass(model, bare, batch)
