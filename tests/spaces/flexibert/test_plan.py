"""What each protocol builds from a FlexiBERT architecture: as the papers say, and as the built model has it."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import numpy as np
import pytest

from lpzero.spaces import FlexiBert
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.flexibert.plan import LEGACY_FEED_FORWARD, LEGACY_HIDDEN, LayerPlan, Protocol, plan

LISTED = Architecture.of(
    "flexibert",
    {"hidden_size": 128},
    [
        {"operation": "SA", "parameter": "WMA", "heads": 2, "feed_forward": 512, "feed_forward_layers": 1},
        {"operation": "LT", "parameter": "DFT", "heads": 4, "feed_forward": 1024, "feed_forward_layers": 3},
        {"operation": "DSC", "parameter": 9, "heads": 4, "feed_forward": 512, "feed_forward_layers": 3},
        {"operation": "SA", "parameter": "SDP", "heads": 4, "feed_forward": 1024, "feed_forward_layers": 1},
    ],
)


def test_trained_is_plain_attention_with_a_wide_first_layer_whatever_is_listed() -> None:
    found = plan(LISTED, "trained", 30522)
    assert (found.hidden, found.embedding_width, found.vocabulary, found.pre_norm) == (128, 128, 30522, False)
    # 4 x hidden, then the listed width for each further layer
    assert [layer.widths for layer in found.layers] == [(512,), (512, 1024, 1024), (512, 512, 512), (512,)]
    assert {(one.operation, one.parameter, one.wrapped, one.unitary) for one in found.layers} == {
        ("SA", "SDP", True, False)
    }
    assert [layer.heads for layer in found.layers] == [2, 4, 4, 4]


def test_listed_is_what_is_listed() -> None:
    found = plan(LISTED, "listed", 30522)
    assert found.layers == (
        LayerPlan("SA", "WMA", 2, (512,), wrapped=True),
        LayerPlan("LT", "DFT", None, (1024, 1024, 1024), wrapped=True),
        LayerPlan("DSC", 9, 4, (512, 512, 512), wrapped=True),
        LayerPlan("SA", "SDP", 4, (1024,), wrapped=True),
    )


def test_legacy_has_one_width_for_all_and_bare_linear_transforms() -> None:
    found = plan(LISTED, "legacy", 30522)
    assert found.hidden == LEGACY_HIDDEN
    assert {width for layer in found.layers for width in layer.widths} == {LEGACY_FEED_FORWARD}
    assert [layer.wrapped for layer in found.layers] == [True, False, True, True]
    assert [layer.operation for layer in found.layers] == ["SA", "LT", "DSC", "SA"]


def test_own_is_half_as_wide_and_reads_bytes() -> None:
    found = plan(LISTED, "own", 257)
    assert (found.hidden, found.embedding_width, found.vocabulary, found.max_tokens) == (64, 64, 257, 64)
    assert found.pre_norm
    assert [layer.widths for layer in found.layers] == [(128,), (256,) * 3, (128,) * 3, (256,)]
    assert all(layer.unitary and layer.wrapped for layer in found.layers)


@pytest.mark.parametrize("protocol", get_args(Protocol))
def test_equal_plans_are_one_model_and_others_another(protocol: Protocol) -> None:
    space, rng = FlexiBert(protocol), np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(60)]
    by_plan = {plan(a, protocol, space.vocabulary) for a in drawn}
    assert len(by_plan) == len({one.digest for one in by_plan}) == len({space.model_key(a) for a in drawn})
    assert plan(drawn[0], protocol, 300).digest != plan(drawn[0], protocol, 301).digest


@pytest.mark.parametrize("protocol", get_args(Protocol))
def test_the_built_model_has_the_widths_of_the_plan(protocol: Protocol) -> None:
    space = FlexiBert(protocol)
    found = plan(LISTED, protocol, space.vocabulary)
    model = space.blank(LISTED)
    shapes = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    for index, layer in enumerate(found.layers):
        inner = [
            shape
            for name, shape in shapes.items()
            if name.startswith(f"blocks.{index}.feed_forward.") and len(shape) == 2
        ]
        widths = [found.hidden, *layer.widths, found.hidden]
        assert inner == [(after, before) for before, after in pairwise(widths)]
    assert space.width(LISTED) == found.hidden
