"""The Jacobian's metrics against loops and numpy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from lpzero.errors import LpzeroError
from lpzero.metrics import get_metric
from lpzero.metrics.jacobian import SHIFT
from lpzero.operands.batch import Batch
from lpzero.operands.extract import extract
from lpzero.operands.probe import Probe, probe_batch, untrained_model
from lpzero.spaces import get_space


def jacobian(model: Any, batch: Batch) -> np.ndarray:
    rows: np.ndarray = extract(model, model.site_map(), batch).tensors["jacobian"][0].flatten(0, 1).numpy()
    return rows


def test_the_cosine_is_a_loop_over_pairs_of_columns(tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny()
    columns = jacobian(model, batch).T
    n, summed = len(columns), 0.0
    for i in range(n):
        for j in range(n):
            if i != j:
                lengths = np.linalg.norm(columns[i]) * np.linalg.norm(columns[j])
                summed += abs(columns[i] @ columns[j] / lengths) ** (1 / 20)
    expected = 1 - summed / (2 * (n**2 - n))
    score = get_metric("jacobian_cosine").score_pass(model, model.site_map(), batch)
    assert score == pytest.approx(expected)
    assert 0.5 <= score <= 1


def test_the_score_is_that_of_numpy_eigenvalues(tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny()
    eigenvalues = [v for v in np.linalg.eigvalsh(np.corrcoef(jacobian(model, batch), rowvar=False)) if v > 1e-12]
    assert len(eigenvalues) == 2
    expected = -sum(math.log(v + 1e-5) + 1 / (v + 1e-5) for v in eigenvalues)
    score = get_metric("jacobian_score").score_pass(model, model.site_map(), batch)
    assert score == pytest.approx(expected)


def test_a_column_of_zeros_is_like_no_other(tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny()
    with torch.no_grad():
        model.blocks[0].mix.weight[:, 0] = 0
    assert not jacobian(model, batch)[:, 0].any()
    rest = np.corrcoef(jacobian(model, batch)[:, 1:], rowvar=False)
    eigenvalues = [1.0, *np.linalg.eigvalsh(rest)]
    expected = -sum(math.log(v + 1e-5) + 1 / (v + 1e-5) for v in eigenvalues)
    score = get_metric("jacobian_score").score_pass(model, model.site_map(), batch)
    assert score == pytest.approx(expected)
    assert math.isfinite(get_metric("jacobian_cosine").score_pass(model, model.site_map(), batch))


def test_a_null_eigenvalue_has_no_say() -> None:
    """Behind a LayerNorm the columns sum to 0: the one eigenvalue that is 0 would be nearly all of the score."""
    space = get_space("gpt2", "own")
    architecture = space.sample(np.random.default_rng(0))
    model, site_map = untrained_model(space, architecture, Probe(batch=2, tokens=64))
    batch = probe_batch(space, Probe(batch=2, tokens=64))
    score = get_metric("jacobian_score").score_pass(model, site_map, batch)
    assert abs(score) < 0.5 / SHIFT


@pytest.mark.parametrize("name", ["jacobian_cosine", "jacobian_score"])
def test_a_jacobian_of_zeros_is_refused(name: str, tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny()
    with torch.no_grad():
        model.output.weight.zero_()
    with pytest.raises(LpzeroError, match="expected two or more that are not all zero"):
        get_metric(name).score_pass(model, model.site_map(), batch)
