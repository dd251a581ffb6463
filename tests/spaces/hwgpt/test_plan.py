"""The plan of HW-GPT-Bench: its scales, and parameters and operations by hand and as the built model has them."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from lpzero.spaces.hwgpt.model import HwGptModel
from lpzero.spaces.hwgpt.plan import HEAD_WIDTH, SCALES, HwGptPlan, flops, parameter_counts
from lpzero.spaces.models.flops import counted_flops
from lpzero.spaces.models.weights import build_blank, count_parameters


def mixed(*, bias: bool) -> HwGptPlan:
    """Layers that differ in everything that a layer may."""
    return HwGptPlan(supernet_width=32, width=16, heads=(1, 3, 2), ratios=(2, 4, 3), bias=bias)


@pytest.mark.parametrize("bias", [False, True])
def test_a_model_counted_by_hand(bias: bool) -> None:
    # six heads in all, nine times the width in all
    attention = 3 * 16 * 64 * 6 + 64 * 6 * 16
    feed_forward = 2 * 16 * (9 * 16)
    if bias:
        attention += 3 * 64 * 6 + 3 * 16
        feed_forward += 9 * 16 + 3 * 16
    norms = (2 * 3 + 1) * (16 + 16)
    assert parameter_counts(mixed(bias=bias)) == {
        "embedding": 50304 * 16,
        "attention": attention,
        "feed_forward": feed_forward,
        "nonembedding": attention + feed_forward + norms,
        "total": 50304 * 16 + attention + feed_forward + norms,
    }


@pytest.mark.parametrize("bias", [False, True])
def test_the_closed_forms_are_those_of_the_model(bias: bool) -> None:
    plan = mixed(bias=bias)
    blank = build_blank(partial(HwGptModel, plan))
    assert parameter_counts(plan) == count_parameters(blank)
    for tokens in (1, 13):
        ids = torch.zeros((1, tokens), dtype=torch.int64, device="meta")
        assert flops(plan, tokens) == counted_flops(blank, ids)


@pytest.mark.parametrize(
    ("name", "widths", "depths", "heads", "millions"),
    [
        ("s", (192, 384, 768), (10, 11, 12), (4, 8, 12), 123.689472),
        ("m", (256, 512, 1024), (22, 23, 24), (8, 12, 16), 353.82272),
        ("l", (320, 640, 1280), (34, 35, 36), (8, 16, 20), 772.77952),
    ],
)
def test_the_scales(
    name: str, widths: tuple[int, ...], depths: tuple[int, ...], heads: tuple[int, ...], millions: float
) -> None:
    scale = SCALES[name]
    assert (scale.widths, scale.depths, scale.heads) == (widths, depths, heads)
    assert scale.width == widths[-1] == HEAD_WIDTH * heads[-1]
    depth = depths[-1]
    plan = HwGptPlan(scale.width, scale.width, (heads[-1],) * depth, (4,) * depth, bias=True)
    # GPT-2's three sizes but for the table of positions, and a table of words of 50,304 ids
    assert parameter_counts(plan)["total"] == millions * 1e6


def test_the_inputs_are_those_of_the_supernet() -> None:
    plan = mixed(bias=True)
    inputs = {name: plan.fan_in(name) for name, _ in build_blank(partial(HwGptModel, plan)).named_parameters()}
    wide = {name for name, number in inputs.items() if number == 4 * 32}
    assert wide == {f"blocks.{i}.feed_forward.output.{what}" for i in range(3) for what in ("weight", "bias")}
    assert {number for name, number in inputs.items() if name not in wide} == {32}


def test_a_plan_knows_its_depth_and_inner_widths() -> None:
    assert (mixed(bias=False).depth, mixed(bias=False).inner_widths) == (3, (32, 64, 48))
    with pytest.raises(TypeError):
        SCALES["s"] = SCALES["m"]  # type: ignore[index]
