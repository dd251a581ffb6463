"""Weights: one seeded draw of them all, and their number by part."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from lpzero.spaces.models.weights import (
    Conv1d,
    Embedding,
    Linear,
    build_blank,
    build_seeded,
    count_parameters,
    normal,
    xavier,
)


class Small(nn.Module):
    """One of every kind of layer, under the names of a model's parts."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = Embedding(50, 40)
        self.blocks = nn.ModuleList([nn.ModuleDict({"operation": nn.ModuleDict({"mix": Conv1d(40, 60, 5)})})])
        self.blocks[0]["feed_forward"] = nn.ModuleDict({"inner": Linear(60, 70)})
        self.blocks[0]["norm"] = nn.LayerNorm(70)
        self.output = Linear(70, 50)


def test_the_weights_are_drawn_from_one_generator_in_the_order_of_their_names() -> None:
    built = build_seeded(Small, 7, normal(lambda name: 0.5 if "mix" in name else 0.02))
    generator = torch.Generator().manual_seed(7)
    drawn = 0
    for name, parameter in built.named_parameters():
        if parameter.ndim >= 2:
            expected = torch.empty(parameter.shape).normal_(0, 0.5 if "mix" in name else 0.02, generator=generator)
            assert torch.equal(parameter, expected), name
            drawn += 1
    assert drawn == 4


def test_xavier_draws_normal_weights_by_the_sum_of_the_fans() -> None:
    def draw(*shape: int) -> Tensor:
        return xavier("x", torch.empty(shape), torch.Generator().manual_seed(0)).detach()

    # (300, 100): 100 in, 300 out; (300, 100, 5): 500 in, 1500 out
    for shape, deviation in (((300, 100), math.sqrt(2 / 400)), ((300, 100, 5), math.sqrt(2 / 2000))):
        weight = draw(*shape)
        assert weight.std().item() == pytest.approx(deviation, rel=0.02)
        assert weight.mean().abs().item() < 4 * deviation / math.sqrt(weight.numel())
        # normal, not uniform: a uniform weight never exceeds 1.73 deviations; 4.6 % of a normal one exceed 2
        assert (weight.abs() > 2 * deviation).float().mean().item() == pytest.approx(0.0455, abs=0.005)


def test_xavier_does_not_look_at_the_name() -> None:
    one, two = (xavier(n, torch.empty(9, 5), torch.Generator().manual_seed(0)) for n in ("a", "embedding.weight"))
    assert torch.equal(one, two)


@pytest.mark.parametrize("draw", [xavier, normal(lambda _: 0.02)], ids=["xavier", "normal"])
def test_equal_seeds_give_equal_weights_and_the_global_state_stays(draw: object) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one = build_seeded(Small, 1, draw)  # type: ignore[arg-type]
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(3)
    same, other = (build_seeded(Small, seed, draw) for seed in (1, 2))  # type: ignore[arg-type]
    for (name, a), b, c in zip(one.named_parameters(), same.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b), name
        assert torch.equal(a, c) == (a.ndim == 1), name


def test_norms_are_one_and_every_other_parameter_of_one_axis_is_zero() -> None:
    built = build_seeded(Small, 0, xavier)
    flat = {name: parameter for name, parameter in built.named_parameters() if parameter.ndim == 1}
    assert len(flat) == 5
    for name, parameter in flat.items():
        assert (parameter == (1 if name == "blocks.0.norm.weight" else 0)).all(), name
    assert not any(module.training for module in built.modules())


def test_biases_are_drawn_in_their_place_where_that_is_asked_for_but_not_those_of_norms() -> None:
    built = build_seeded(Small, 7, lambda _, weight, generator: weight.uniform_(1, 2, generator=generator), biases=True)
    generator = torch.Generator().manual_seed(7)
    for name, parameter in built.named_parameters():
        if ".norm." in name:
            assert (parameter == float(name.endswith("weight"))).all(), name
        else:
            expected = torch.empty(parameter.shape).uniform_(1, 2, generator=generator)
            assert torch.equal(parameter, expected), name


def test_a_blank_model_holds_no_numbers() -> None:
    before = torch.get_rng_state()
    blank = build_blank(Small)
    assert {parameter.device.type for parameter in blank.parameters()} == {"meta"}
    assert torch.equal(torch.get_rng_state(), before)


def test_a_model_with_a_buffer_is_refused() -> None:
    with pytest.raises(AssertionError, match="buffer"):
        build_seeded(lambda: nn.BatchNorm1d(4), 0, xavier)


def test_parameters_are_counted_by_part() -> None:
    counts = count_parameters(build_blank(Small))
    attention, feed_forward, norm = 60 * 40 * 5 + 60, 60 * 70 + 70, 70 + 70
    assert counts == {
        "embedding": 50 * 40,
        "attention": attention,
        "feed_forward": feed_forward,
        "nonembedding": attention + feed_forward + norm,
        "total": 50 * 40 + attention + feed_forward + norm + 70 * 50 + 50,
    }
