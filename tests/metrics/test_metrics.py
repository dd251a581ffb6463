"""The conformance suite of metrics: what every row of the table keeps."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from lpzero.errors import InputError
from lpzero.metrics import METRICS, Metric, Shape, get_metric
from lpzero.operands.batch import Batch, random_batch
from lpzero.spaces import get_space

PASSES = [metric for metric in METRICS.values() if metric.needs == "pass"]
SHAPE = Shape(depth=4, width=256, params=13_000_000, decoder_params=9_000_000, attention_params=2_000_000)


@pytest.fixture(scope="module", params=["flexibert-listed", "gpt2-lts", "transfo-xl-lts"])
def case(request: pytest.FixtureRequest) -> tuple[Any, Batch]:
    """The smallest of some models of a space, and a batch."""
    name, protocol = request.param.rsplit("-", 1)
    space = get_space(name, protocol)
    drawn = [space.sample(np.random.default_rng(seed)) for seed in range(20)]
    smallest = min(drawn, key=lambda architecture: space.parameter_counts(architecture)["total"])
    rng = np.random.default_rng(0)
    return space.build(smallest, 0), random_batch(space.vocabulary, space.objective, rng, batch=2, tokens=8)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_row_says_what_it_is(metric: Metric) -> None:
    assert METRICS[metric.name] is metric
    assert metric.meaning
    assert metric.paper in ("a count", "the loss itself") or "https://arxiv.org/abs/" in metric.paper


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_score_is_finite_and_repeats(metric: Metric, case: tuple[Any, Batch]) -> None:
    model, batch = case
    if metric.needs == "shape":
        scores = [metric.score_shape(SHAPE) for _ in range(2)]
    elif metric.needs == "text":
        scores = [metric.score_text(model, batch) for _ in range(2)]
    else:
        scores = [metric.score_pass(model, model.site_map(), batch) for _ in range(2)]
    assert type(scores[0]) is float
    assert math.isfinite(scores[0])
    assert scores[0] != 0
    assert scores[0] == scores[1]


@pytest.mark.parametrize("metric", PASSES, ids=lambda metric: metric.name)
def test_the_model_is_left_as_it_was(metric: Metric, case: tuple[Any, Batch]) -> None:
    model, batch = case
    parameters = dict(model.named_parameters())
    model.train()
    model.blocks[0].eval()
    odd, frozen = list(parameters.values())[:2]
    odd.grad = torch.ones_like(odd)
    frozen.requires_grad_(False)
    values = {name: parameter.detach().clone() for name, parameter in parameters.items()}
    random_state = torch.get_rng_state()
    try:
        metric.score_pass(model, model.site_map(), batch)
        assert torch.equal(torch.get_rng_state(), random_state)
        assert model.training
        assert not model.blocks[0].training
        for name, parameter in model.named_parameters():
            assert parameter is parameters[name]
            assert torch.equal(parameter, values[name]), name
            assert parameter.requires_grad == (parameter is not frozen)
            assert (parameter.grad is None) == (parameter is not odd)
        assert torch.equal(odd.grad, torch.ones_like(odd))
        for module in model.modules():
            assert not module._forward_hooks
            assert not module._forward_pre_hooks
    finally:
        odd.grad = None
        frozen.requires_grad_(True)
        model.eval()


def test_an_unknown_name_is_answered_with_the_names() -> None:
    with pytest.raises(InputError, match=r"unknown metric 'depht': expected one of params, .*depth"):
        get_metric("depht")


def test_a_metric_is_scored_by_what_it_needs(case: tuple[Any, Batch]) -> None:
    model, batch = case
    with pytest.raises(InputError, match="metric fisher needs a pass"):
        get_metric("fisher").score_shape(SHAPE)
    with pytest.raises(InputError, match="metric depth needs a shape"):
        get_metric("depth").score_pass(model, model.site_map(), batch)


def test_the_table_loads_without_torch() -> None:
    code = "import sys, lpzero.metrics as m; m.get_metric('synflow'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
