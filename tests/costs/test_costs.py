"""The costs of a space's models: counted as their built model has them, and found out once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from lpzero.costs.cost import CostValue, Measurement
from lpzero.costs.costs import COSTS, COUNTED, Costs
from lpzero.errors import InputError
from lpzero.operands.probe import Probe, probe_batch
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture

SPACES = (("gpt2", "own"), ("flexibert", "own"), ("llama", "own"))
TOKENS = 6


def drawn(name: str, protocol: str, seed: int = 0) -> Architecture:
    return get_space(name, protocol).sample(np.random.default_rng(seed))


@pytest.mark.parametrize(("name", "protocol"), SPACES)
def test_counted_costs_are_those_of_the_built_model(name: str, protocol: str) -> None:
    space, architecture = get_space(name, protocol), drawn(name, protocol)
    model = space.build(architecture, 0)
    costs = Costs(space, Measurement(tokens=TOKENS))

    weights = list(model.parameters())
    assert costs.of(architecture, "params") == sum(one.numel() for one in weights)
    assert costs.of(architecture, "bytes") == sum(one.numel() * one.element_size() for one in weights)
    assert all(one.dtype is torch.float32 for one in weights)
    batch = probe_batch(space, Probe(batch=1, tokens=TOKENS))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.logits(batch.input_ids)  # type: ignore[operator]  # every model of ours has them
    assert costs.of(architecture, "flops") == counter.get_total_flops() / TOKENS


def test_longer_sequences_take_more_operations_a_token_and_no_more_weights() -> None:
    architecture = drawn("gpt2", "own")
    short, long = (Costs(get_space("gpt2", "own"), Measurement(tokens=tokens)) for tokens in (4, 32))
    assert short.of(architecture, "flops") < long.of(architecture, "flops")
    assert short.of(architecture, "params") == long.of(architecture, "params")


def test_architectures_of_one_model_share_what_was_found_out() -> None:
    space = get_space("flexibert", "trained")
    one = drawn("flexibert", "trained")
    layers = [one.layer(i) for i in range(one.depth)]
    # the protocol builds self-attention whatever was listed
    swapped = {"LT": ("SA", "SDP"), "SA": ("LT", "DFT"), "DSC": ("LT", "DFT")}
    operation, parameter = swapped[str(layers[0]["operation"])]
    other = Architecture.of(
        one.space, dict(one.whole), [{**layers[0], "operation": operation, "parameter": parameter}, *layers[1:]]
    )
    space.validate(other)
    assert other != one
    costs = Costs(space)
    costs.of(one, "params")
    costs.of(other, "params")
    assert list(costs.cache) == [(space.model_key(one), "params")]


def test_only_measured_costs_are_kept_and_each_once() -> None:
    space, architecture = get_space("gpt2", "own"), drawn("gpt2", "own")
    told: list[tuple[str, str, CostValue]] = []
    costs = Costs(space, Measurement(tokens=4), keep=lambda *row: told.append(row))
    for name in (*COUNTED, "memory", "memory"):
        costs.of(architecture, name)
    assert told == [(space.model_key(architecture), "memory", costs.measured(architecture, "memory"))]


def test_what_is_in_the_cache_is_believed() -> None:
    space, architecture = get_space("gpt2", "own"), drawn("gpt2", "own")
    known = CostValue(0.25, (0.2, 0.3))
    costs = Costs(space, cache={(space.model_key(architecture), "latency"): known})
    assert costs.measured(architecture, "latency") is known
    assert costs.of(architecture, "latency") == 0.25


def test_an_architecture_of_another_space_is_refused_and_leaves_nothing() -> None:
    costs = Costs(get_space("gpt2", "own"))
    with pytest.raises(InputError, match="gpt2"):
        costs.of(drawn("flexibert", "own"), "params")
    assert costs.cache == {}


def test_what_needs_a_pass_comes_behind_what_is_counted() -> None:
    measured = [cost.measured for cost in COSTS.values()]
    assert measured == sorted(measured)
    assert {name for name, cost in COSTS.items() if not cost.measured} == set(COUNTED)
