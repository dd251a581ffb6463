"""The shape of a model: what is counted is what is built, of every space and of foreign models."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from lpzero.errors import LpzeroError
from lpzero.operands.batch import random_batch
from lpzero.operands.extract import Operands, extract
from lpzero.operands.operand import OPERANDS
from lpzero.operands.shape import COUNTS, FANS, SHAPE_OPERANDS, UNKNOWN, hidden_width, model_shape
from lpzero.spaces import get_space
from lpzero.spaces.models.sites import ParameterSite, SiteMap

SPACES = [("flexibert", "listed"), ("flexibert", "trained"), ("flexibert", "own"), ("gpt2", "own"), ("llama", "own")]


@pytest.mark.parametrize(("name", "protocol"), SPACES)
def test_the_counts_are_those_of_the_plan(name: str, protocol: str) -> None:
    space, rng = get_space(name, protocol), np.random.default_rng(3)
    for _ in range(3):
        architecture = space.sample(rng)
        if space.parameter_counts(architecture)["total"] > 2e7:
            continue
        model = space.build(architecture, 0)
        batch = random_batch(space.vocabulary, space.objective, rng, batch=2, tokens=8)
        operands = extract(model, model.site_map(), batch)  # type: ignore[attr-defined, arg-type]
        counts, planned = operands.shape.counts, space.parameter_counts(architecture)
        assert tuple(counts) == COUNTS
        assert (counts["depth"], counts["width"]) == (architecture.depth, space.width(architecture))
        assert counts["params"] == planned["total"]
        assert counts["attention_params"] == planned["attention"]
        assert counts["feed_forward_params"] == planned["feed_forward"]
        attending = operands.tensors["attention"]
        assert counts["heads"] == sum(one.shape[1] for one in attending)
        for fan_in, fan_out, weight in zip(
            operands.shape.fans["fan_in"], operands.shape.fans["fan_out"], operands.tensors["weight"], strict=True
        ):
            if weight.ndim == 2:
                assert fan_in * fan_out == weight.numel()


def test_fans_are_those_of_the_initialisation_of_torch() -> None:
    class Conv1D(nn.Module):
        """The layer of transformers whose weight is turned round."""

        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(5, 7))

    model = nn.ModuleDict(
        {"linear": nn.Linear(5, 7), "conv": nn.Conv1d(4, 6, 3), "embedding": nn.Embedding(50, 8), "turned": Conv1D()}
    )
    sites = [ParameterSite(1, name, "operation", f"{name}.weight") for name in model]
    shape = model_shape(model, SiteMap(1, tuple(sites), (), "embedding"), 8, None)
    wanted = [nn.init._calculate_fan_in_and_fan_out(model[n].weight) for n in ("linear", "conv")]
    assert list(zip(shape.fans["fan_in"], shape.fans["fan_out"], strict=True)) == [*wanted, (50, 8), (5, 7)]
    assert math.isnan(shape.counts["heads"])


def test_a_stated_width_goes_before_a_measured_one() -> None:
    model = nn.ModuleDict({"linear": nn.Linear(5, 7)})
    site_map = SiteMap(1, (ParameterSite(1, "a", "operation", "linear.weight"),), (), "linear")
    assert hidden_width(model, site_map) == 5
    model.config = type("Config", (), {"hidden_size": 24})()  # type: ignore[assignment]
    assert hidden_width(model, site_map) == 24


def test_what_a_model_does_not_show_is_said() -> None:
    operands = Operands(1, 0.0, {}, {}, shape=UNKNOWN)
    with pytest.raises(LpzeroError, match=r"^the model shows no heads: expected it in `attentions`"):
        operands.count("heads")


def test_no_name_is_in_both_tables() -> None:
    assert not OPERANDS.keys() & SHAPE_OPERANDS.keys()
    assert (*COUNTS, *FANS) == tuple(SHAPE_OPERANDS)
