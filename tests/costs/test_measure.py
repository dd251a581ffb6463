"""Measured costs: memory against what torch's own profiler saw, time against its own clock."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lpzero.costs.cost import CostValue, Measurement
from lpzero.costs.costs import COSTS, Costs
from lpzero.costs.measure import _Living, latency, peak_memory
from lpzero.errors import InputError
from lpzero.spaces import get_space

SPACE = get_space("gpt2", "own")
ARCHITECTURE = SPACE.sample(np.random.default_rng(0))


def test_what_lives_at_once_is_counted_and_views_are_not() -> None:
    kept = torch.zeros(1000)
    with torch.no_grad(), _Living() as living:
        one = kept + 1
        two = one * 2
        del one
        view = two.view(10, 100).t()
        three = view + 0
        three.add_(1)
    # one and two at once, then two and three: 4,000 bytes each
    assert living.peak == 8000


@pytest.mark.parametrize("tokens", [8, 64])
def test_peak_memory_is_that_of_the_profiler(tokens: int) -> None:
    found = peak_memory(SPACE, ARCHITECTURE, Measurement(tokens))
    model = SPACE.build(ARCHITECTURE, 0)
    ids = torch.arange(tokens).unsqueeze(0)
    with torch.no_grad(), torch.profiler.profile(profile_memory=True) as profile:
        model.logits(ids)
    now = most = 0
    for event in sorted(profile.profiler.kineto_results.events(), key=lambda event: event.start_ns()):
        if event.name() == "[memory]":
            now += event.nbytes()
            most = max(most, now)
    weights = sum(p.numel() * p.element_size() for p in model.parameters())
    # the allocator rounds, and operations allocate a little inside themselves
    assert weights + 0.9 * most <= found + 4096
    assert found <= weights + 1.1 * most + 4096


def test_longer_sequences_take_more_memory() -> None:
    short, long = (peak_memory(SPACE, ARCHITECTURE, Measurement(tokens)) for tokens in (8, 64))
    assert 4 * SPACE.parameter_counts(ARCHITECTURE)["total"] < short < long


def test_latency_has_an_interval_around_its_median() -> None:
    measured = latency(SPACE, ARCHITECTURE, Measurement(16))
    assert measured.interval is not None
    low, high = measured.interval
    assert 0 < low <= measured.value <= high < 60


def test_more_tokens_than_the_space_takes_are_refused() -> None:
    with pytest.raises(InputError, match="expected at most 64 tokens for gpt2, found 65"):
        latency(SPACE, ARCHITECTURE, Measurement(65))


def test_a_cost_is_found_out_once_and_measured_ones_are_kept() -> None:
    kept: list[tuple[str, str, CostValue]] = []
    costs = Costs(SPACE, Measurement(8), keep=lambda *row: kept.append(row))
    key = SPACE.model_key(ARCHITECTURE)
    assert costs.of(ARCHITECTURE, "params") == SPACE.parameter_counts(ARCHITECTURE)["total"]
    assert costs.of(ARCHITECTURE, "bytes") == 4 * costs.of(ARCHITECTURE, "params")
    assert costs.of(ARCHITECTURE, "flops") == SPACE.flops(ARCHITECTURE, 8) / 8
    assert kept == []
    first = costs.measured(ARCHITECTURE, "latency")
    assert costs.measured(ARCHITECTURE, "latency") is first
    assert kept == [(key, "latency", first)]
    again = Costs(SPACE, Measurement(8), cache={(key, "latency"): CostValue(7.0)})
    assert again.of(ARCHITECTURE, "latency") == 7.0


@pytest.mark.cuda
def test_costs_are_measured_on_cuda() -> None:
    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA device here")
    measurement = Measurement(32, "cuda")
    assert latency(SPACE, ARCHITECTURE, measurement).value > 0
    assert peak_memory(SPACE, ARCHITECTURE, measurement) > 4 * SPACE.parameter_counts(ARCHITECTURE)["total"]


def test_the_table_of_costs_checks_the_cheap_ones_first() -> None:
    measured = [cost.measured for cost in COSTS.values()]
    assert measured == sorted(measured)
