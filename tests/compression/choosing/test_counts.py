"""Counts of smaller models, against the models themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lpzero.compression.choosing.counts import counts_of
from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.families import FAMILIES
from lpzero.compression.cutting.layout import Layout, read_layout
from lpzero.spaces.models.flops import passed_flops
from tests.compression.tiny import tiny, tokens


def some(layout: Layout) -> list[Choice]:
    first, second, third = layout.everything.layers
    return [
        layout.everything,
        Choice((replace(first, groups=()), replace(second, groups=(), neurons=()), replace(third, neurons=(1, 2)))),
        Choice((replace(first, neurons=()), replace(second, groups=(0,)), third)),
    ]


@pytest.mark.parametrize("family", FAMILIES)
def test_parameters_are_those_of_the_cut_model(family: str) -> None:
    model = tiny(family)
    layout = read_layout(model)
    count = counts_of(model, layout, context=12)["params"]
    for choice in some(layout):
        assert count.of(choice) == sum(one.numel() for one in cut(model, layout, choice).parameters())


def test_parameters_of_norms_that_follow_stay() -> None:
    model = tiny("opt", do_layer_norm_before=False)
    layout = read_layout(model)
    for choice in some(layout):
        found = counts_of(model, layout, context=12)["params"].of(choice)
        assert found == sum(one.numel() for one in cut(model, layout, choice).parameters())


@pytest.mark.parametrize("family", ["llama", "qwen3", "gpt2", "phi"])
@pytest.mark.filterwarnings("ignore")
def test_operations_are_those_that_are_counted_in_a_pass(family: str) -> None:
    model: Any = tiny(family)
    model.set_attn_implementation("eager")
    layout = read_layout(model)
    count = counts_of(model, layout, context=12)["flops"]
    for choice in some(layout):
        smaller = cut(model, layout, choice)
        assert count.of(choice) == pytest.approx(
            passed_flops(smaller, {"input_ids": tokens(1, 12)}).total / 12, rel=0.03
        )


def test_bytes_of_the_cache_are_those_of_a_cache() -> None:
    model: Any = tiny("llama")
    layout = read_layout(model)
    choice = some(layout)[1]
    smaller: Any = cut(model, layout, choice)
    cache = smaller(input_ids=tokens(1, 7), use_cache=True).past_key_values
    held = [tensor for layer in cache.layers if layer.keys is not None for tensor in (layer.keys, layer.values)]
    expected = sum(tensor.numel() * tensor.element_size() for tensor in held) / 7
    assert counts_of(model, layout, context=7)["kv_bytes"].of(choice) == expected
