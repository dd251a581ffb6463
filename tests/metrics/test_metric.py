"""A row of the table of metrics: what it needs, its direction, and the function that it loads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lpzero.errors import InputError
from lpzero.metrics import METRICS, Metric, Shape, get_metric
from lpzero.operands.batch import Batch
from lpzero.operands.probe import Probe, probe_batch
from lpzero.spaces import get_space

SHAPE = Shape(depth=3, width=8, params=1000, decoder_params=700, attention_params=200)


@pytest.fixture
def model() -> Any:
    """A small real model."""
    space = get_space("gpt2", "own")
    drawn = (space.sample(np.random.default_rng(seed)) for seed in range(10))
    return space.build(min(drawn, key=lambda one: one.depth), 0)


@pytest.fixture
def batch() -> Batch:
    """Two sequences of four tokens for it."""
    return probe_batch(get_space("gpt2", "own"), Probe(batch=2, tokens=4))


@pytest.mark.parametrize("name", list(METRICS))
def test_every_function_is_there_and_takes_what_the_row_says(name: str, model: Any, batch: Batch) -> None:
    metric = get_metric(name)
    assert metric.name == name
    if metric.needs == "shape":
        assert isinstance(metric.score_shape(SHAPE), float)
        return
    before = [parameter.detach().clone() for parameter in model.parameters()]
    if metric.needs == "text":
        score = metric.score_text(model, batch)
    else:
        score = metric.score_pass(model, model.site_map(), batch)
    assert type(score) is float
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


@pytest.mark.parametrize("name", list(METRICS))
def test_what_a_metric_does_not_need_is_refused(name: str, model: Any, batch: Batch) -> None:
    metric = METRICS[name]
    other = {"shape": "pass", "pass": "shape", "text": "shape"}[metric.needs]
    with pytest.raises(InputError, match=f"^metric {name} needs a {metric.needs}: expected that, found a {other}$"):
        if other == "shape":
            metric.score_shape(SHAPE)
        else:
            metric.score_pass(model, model.site_map(), batch)


def test_a_function_is_loaded_where_it_is_used_and_gives_a_number() -> None:
    metric = Metric("mine", "shape", True, "a count", "nobody", f"{__name__}:nothing")
    with pytest.raises((AttributeError, ImportError)):
        metric.score_shape(SHAPE)
    params = METRICS["params"]
    assert params.score_shape(SHAPE) == 1000.0
    assert isinstance(params.score_shape(SHAPE), float)


def test_the_table_cannot_be_changed_and_an_unknown_name_lists_it() -> None:
    with pytest.raises(TypeError):
        METRICS["mine"] = METRICS["params"]  # type: ignore[index]
    with pytest.raises(InputError, match=f"^unknown metric 'mine': expected one of {', '.join(METRICS)}$"):
        get_metric("mine")


def test_what_a_metric_is_told_stands_in_its_name() -> None:
    told = get_metric("hidden_covariance[ layer = 3, axis=batch ]")
    assert told.name == "hidden_covariance[layer=3,axis=batch]"
    assert told.chosen == (("layer", 3), ("axis", "batch"))
    assert get_metric(told.name) == told
    assert get_metric("hidden_covariance").chosen == ()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hidden_covariance[]", "expected the options axis=units|batch, layer=[0-9]{1,4}, each once, found ''"),
        ("hidden_covariance[axis=time]", "each once, found 'axis=time'"),
        ("hidden_covariance[layer=-1]", "each once, found 'layer=-1'"),
        ("hidden_covariance[layer=1,layer=2]", "each once, found 'layer=2'"),
        ("hidden_covariance[units]", "each once, found 'units'"),
        ("hidden_covariance[layer=2", "metric hidden_covariance[layer=2: expected a ] at the end"),
        ("depth[layer=2]", "depth: expected the options none at all, each once, found 'layer=2'"),
    ],
)
def test_what_a_metric_cannot_be_told_is_named(name: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        get_metric(name)
    assert message in str(caught.value)
