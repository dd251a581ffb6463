"""Sub-networks: what is left of a model is the model with the rest of it switched off."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from lpzero.spaces.llama.model import LlamaModel, build
from lpzero.spaces.llama.plan import Base, LlamaPlan, whole_plan
from lpzero.spaces.llama.subnetwork import channel_importance, group_importance, head_importance, kept_layers, sliced
from lpzero.spaces.models.weights import build_blank

BASE = Base(
    31, 16, width=16, depth=4, heads=6, kv_heads=3, head_width=4, inner_width=10, epsilon=1e-5, theta=1e4, tied=True
)
IDS = torch.randint(31, (2, 9), generator=torch.Generator().manual_seed(0))


@pytest.fixture
def whole() -> LlamaModel:
    model = build(whole_plan(BASE), seed=0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) / 3)
    return model


def cut(whole: LlamaModel, plan: LlamaPlan) -> dict[str, Tensor]:
    return dict(sliced(dict(whole.named_parameters()).__getitem__, plan))


def loss_of(whole: LlamaModel, plan: LlamaPlan) -> Tensor:
    blank = build_blank(lambda: LlamaModel(plan))
    weights = cut(whole, plan)
    assert {n: p.shape for n, p in blank.named_parameters()} == {n: p.shape for n, p in weights.items()}
    return functional_call(blank, weights, (IDS, IDS)).loss


def plan(depth: int = 4, inner: int = 10, heads: int = 6, kv_heads: int = 3) -> LlamaPlan:
    return LlamaPlan(BASE, 16, (inner,) * depth, (heads,) * depth, (kv_heads,) * depth)


def test_layers_are_kept_evenly_the_first_and_the_last_among_them() -> None:
    assert kept_layers(6, 2) == (0, 5)
    assert kept_layers(6, 3) == (0, 2, 5)
    assert kept_layers(32, 4) == (0, 10, 21, 31)
    assert kept_layers(6, 1) == (0,)
    for number in range(2, 34):
        for depth in range(2, number + 1):
            kept = kept_layers(number, depth)
            assert (kept[0], kept[-1], len(kept)) == (0, number - 1, depth)
            steps = [b - a for a, b in pairwise(kept)]
            assert min(steps) >= 1
            assert max(steps) - min(steps) <= 1


def test_the_whole_model_is_a_sub_network_of_itself(whole: LlamaModel) -> None:
    weights = cut(whole, plan())
    assert list(weights) == [name for name, _ in whole.named_parameters()]
    assert all(torch.equal(weight, weights[name]) for name, weight in whole.named_parameters())


def test_fewer_layers_are_the_model_without_the_others(whole: LlamaModel) -> None:
    found = loss_of(whole, plan(depth=3))
    whole.blocks = nn.ModuleList(whole.blocks[index] for index in (0, 2, 3))
    torch.testing.assert_close(found, whole(IDS, IDS).loss)


def test_fewer_channels_are_the_model_with_the_least_important_ones_off(whole: LlamaModel) -> None:
    found = loss_of(whole, plan(inner=7))
    with torch.no_grad():
        for block in whole.blocks:
            part = block.feed_forward
            # the norms that a signal passes, by hand
            norms = [
                float(part.gate.weight[c].norm() * part.up.weight[c].norm() * part.down.weight[:, c].norm())
                for c in range(10)
            ]
            least = sorted(range(10), key=norms.__getitem__)[:3]
            part.down.weight[:, least] = 0
    torch.testing.assert_close(found, whole(IDS, IDS).loss)


@pytest.mark.parametrize(("heads", "kv_heads"), [(3, 3), (4, 2), (2, 2), (1, 1)])
def test_fewer_heads_are_the_model_with_the_least_important_ones_off(
    whole: LlamaModel, heads: int, kv_heads: int
) -> None:
    found = loss_of(whole, plan(heads=heads, kv_heads=kv_heads))
    with torch.no_grad():
        for block in whole.blocks:
            part = block.operation
            spans = [slice(4 * h, 4 * h + 4) for h in range(6)]
            head = [float(part.query.weight[s].norm() * part.output.weight[:, s].norm()) for s in spans]
            group = [
                float(part.key.weight[s].norm() * part.value.weight[s].norm()) * (head[2 * g] + head[2 * g + 1])
                for g, s in enumerate(spans[:3])
            ]
            groups = sorted(range(3), key=group.__getitem__)[3 - kv_heads :]
            kept = {
                h for g in groups for h in sorted((2 * g, 2 * g + 1), key=head.__getitem__)[2 - heads // kv_heads :]
            }
            for h in set(range(6)) - kept:
                part.output.weight[:, spans[h]] = 0
    torch.testing.assert_close(found, whole(IDS, IDS).loss)


def test_of_equally_important_channels_the_first_stay() -> None:
    model = build(whole_plan(BASE), seed=0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(1.0)
        model.blocks[0].feed_forward.gate.weight.copy_(torch.arange(10.0).div(4, rounding_mode="floor").unsqueeze(1))
    # the rows of the gate are 0 0 0 0 1 1 1 1 2 2
    gate = cut(model, plan(inner=4))["blocks.0.feed_forward.gate.weight"]
    assert gate[:, 0].tolist() == [1, 1, 2, 2]
    gate = cut(model, plan(inner=7))["blocks.0.feed_forward.gate.weight"]
    assert gate[:, 0].tolist() == [0, 1, 1, 1, 1, 2, 2]


def test_importance_has_one_number_a_part(whole: LlamaModel) -> None:
    part, attention = whole.blocks[0].feed_forward, whole.blocks[0].operation
    assert channel_importance(part.gate.weight, part.up.weight, part.down.weight).shape == (10,)
    heads = head_importance(attention.query.weight, attention.output.weight, BASE)
    assert heads.shape == (3, 2)
    assert group_importance(attention.key.weight, attention.value.weight, heads).shape == (3,)


def test_gradients_reach_what_is_kept_and_nothing_else(whole: LlamaModel) -> None:
    loss_of(whole, plan(depth=3, inner=7, heads=2, kv_heads=2)).backward()
    assert all(parameter.grad is None for parameter in whole.blocks[1].parameters())
    for index in (0, 2, 3):
        rows = whole.blocks[index].feed_forward.gate.weight.grad
        assert rows is not None
        assert int((rows.abs().sum(1) > 0).sum()) == 7
        rows = whole.blocks[index].operation.query.weight.grad
        assert rows is not None
        assert int((rows.abs().sum(1) > 0).sum()) == 8
