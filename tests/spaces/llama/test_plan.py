"""The plan of a LLaMA: parameters by hand and as built, operations as torch counts them, and the published sizes."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from lpzero.spaces.llama.model import LlamaModel
from lpzero.spaces.llama.plan import BASES, Base, LlamaPlan, flops, parameter_counts, whole_plan
from lpzero.spaces.models.weights import build_blank, count_parameters


def base(*, tied: bool) -> Base:
    return Base(
        vocabulary=50,
        max_tokens=32,
        width=16,
        depth=3,
        heads=4,
        kv_heads=2,
        head_width=6,
        inner_width=24,
        epsilon=1e-6,
        theta=1e4,
        tied=tied,
    )


def mixed(*, tied: bool) -> LlamaPlan:
    """Layers that differ in everything that a layer may."""
    return LlamaPlan(base(tied=tied), 16, inner_widths=(24, 10), heads=(4, 2), kv_heads=(2, 1))


@pytest.mark.parametrize("tied", [False, True])
def test_a_model_counted_by_hand(tied: bool) -> None:
    # query and output of 6 heads in all, key and value of 3 groups in all, each 6 wide
    attention = 16 * (2 * 6 * 6 + 2 * 3 * 6)
    feed_forward = 3 * 16 * (24 + 10)
    norms = (2 * 2 + 1) * 16
    assert parameter_counts(mixed(tied=tied)) == {
        "embedding": 50 * 16,
        "attention": attention,
        "feed_forward": feed_forward,
        "nonembedding": attention + feed_forward + norms,
        "total": (1 if tied else 2) * 50 * 16 + attention + feed_forward + norms,
    }


@pytest.mark.parametrize("tied", [False, True])
def test_the_closed_form_counts_the_model(tied: bool) -> None:
    for plan in (mixed(tied=tied), whole_plan(base(tied=tied))):
        assert parameter_counts(plan) == count_parameters(build_blank(partial(LlamaModel, plan)))


@pytest.mark.parametrize("tokens", [1, 5, 32])
def test_operations_are_those_that_torch_counts(tokens: int) -> None:
    for plan in (mixed(tied=False), whole_plan(base(tied=True))):
        model = build_blank(partial(LlamaModel, plan))
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model.logits(torch.zeros(1, tokens, dtype=torch.int64, device="meta"))
        assert flops(plan, tokens) == counter.get_total_flops()


def test_the_whole_plan_is_the_base_in_every_layer() -> None:
    plan = whole_plan(base(tied=True))
    assert (plan.depth, plan.width) == (3, 16)
    assert (plan.inner_widths, plan.heads, plan.kv_heads) == ((24,) * 3, (4,) * 3, (2,) * 3)
    assert plan.base.shared == 2


@pytest.mark.parametrize(
    ("name", "parameters"),
    # JackFram/llama-160m, TinyLlama-1.1B and LLaMA-7B as they were published
    [("160m", 162_417_408), ("1b", 1_100_048_384), ("7b", 6_738_415_616)],
)
def test_the_bases_have_the_published_numbers(name: str, parameters: int) -> None:
    assert parameter_counts(whole_plan(BASES[name]))["total"] == parameters


@pytest.mark.parametrize("name", list(BASES))
def test_a_base_fits_together(name: str) -> None:
    one = BASES[name]
    assert one.heads % one.kv_heads == 0
    assert one.head_width % 2 == 0
    # of scratch the attention of the largest is two thirds as wide as the stream: it costs less to train
    assert one.heads * one.head_width == one.width * (Fraction(2, 3) if name == "scratch" else 1)
    with pytest.raises(TypeError):
        BASES[name] = one  # type: ignore[index]
