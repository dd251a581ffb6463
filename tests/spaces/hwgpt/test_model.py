"""The model of HW-GPT-Bench: the whole of it against a computation by hand, its weights, sites and operands."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from lpzero.errors import InputError
from lpzero.operands.batch import random_batch
from lpzero.operands.extract import extract
from lpzero.spaces.hwgpt.model import HwGptModel, build
from lpzero.spaces.hwgpt.plan import HwGptPlan

PLAN = HwGptPlan(supernet_width=48, width=24, heads=(2, 1, 3), ratios=(2, 4, 3), bias=True)
IDS = torch.randint(50304, (2, 9), generator=torch.Generator().manual_seed(0))


def stirred(*, bias: bool = True) -> HwGptModel:
    """Every parameter is moved, norms too, so that each one matters."""
    built = build(HwGptPlan(48, 24, (2, 1, 3), (2, 4, 3), bias=bias), seed=0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) / 4)
    return built.double()


def normed(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    mean = x.mean(-1, keepdim=True)
    variance = ((x - mean) ** 2).mean(-1, keepdim=True)
    return (x - mean) / (variance + 1e-5).sqrt() * weight + bias


def linear(x: Tensor, weights: dict[str, Tensor], name: str) -> Tensor:
    y = torch.einsum("bti,oi->bto", x, weights[f"{name}.weight"])
    return y + weights[f"{name}.bias"] if f"{name}.bias" in weights else y


def turned(x: Tensor) -> Tensor:
    """(batch, tokens, heads, 64): features i and i + 16 of the first 32 are a complex number that turns."""
    x = x.clone()
    for position in range(x.shape[1]):
        for i in range(16):
            pair = torch.complex(x[:, position, :, i], x[:, position, :, i + 16])
            pair = pair * cmath.exp(1j * position * 10_000 ** (-i / 16))
            x[:, position, :, i], x[:, position, :, i + 16] = pair.real, pair.imag
    return x


def by_hand(model: HwGptModel, ids: Tensor) -> list[Tensor]:
    """The residual stream before and behind each block, and the logits."""
    weights = dict(model.state_dict())
    x = weights["embedding.weight"][ids]
    states = [x]
    for i, heads in enumerate((2, 1, 3)):
        block = f"blocks.{i}."
        read = normed(x, weights[block + "operation_norm.weight"], weights[block + "operation_norm.bias"])
        fused = linear(read, weights, block + "operation.query_key_value")
        query, key, value = (part.unflatten(-1, (heads, 64)) for part in fused.split(64 * heads, dim=-1))
        query, key = turned(query), turned(key)
        context = torch.zeros_like(value)
        for place in range(ids.shape[1]):
            scores = torch.einsum("bhd,bshd->bhs", query[:, place], key[:, : place + 1]) / 8
            shares = scores.exp() / scores.exp().sum(-1, keepdim=True)
            context[:, place] = torch.einsum("bhs,bshd->bhd", shares, value[:, : place + 1])
        attended = linear(context.flatten(-2), weights, block + "operation.output")
        read = normed(x, weights[block + "feed_forward_norm.weight"], weights[block + "feed_forward_norm.bias"])
        inner = linear(read, weights, block + "feed_forward.inner")
        inner = inner * (1 + torch.erf(inner / math.sqrt(2))) / 2
        x = x + attended + linear(inner, weights, block + "feed_forward.output")
        states.append(x)
    last = normed(x, weights["final_norm.weight"], weights["final_norm.bias"])
    return [*states, torch.einsum("btw,vw->btv", last, weights["embedding.weight"])]


@pytest.mark.parametrize("bias", [True, False])
def test_the_model_is_the_one_computed_by_hand(bias: bool) -> None:
    model = stirred(bias=bias)
    assert any("bias" in name and "norm" not in name for name in model.state_dict()) == bias
    *states, logits = by_hand(model, IDS)
    output = model(IDS, IDS, output_hidden_states=True, output_attentions=True)
    for found, expected in zip(output.hidden_states, states, strict=True):
        # the angles are computed in single precision
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(model.logits(IDS), logits, atol=1e-5, rtol=1e-5)
    expected = cross_entropy(logits[:, :-1].flatten(0, 1), IDS[:, 1:].flatten())
    torch.testing.assert_close(output.loss, expected, atol=1e-5, rtol=1e-5)
    for heads, probabilities in zip((2, 1, 3), output.attentions, strict=True):
        assert probabilities.shape == (2, heads, 9, 9)
        assert (probabilities.triu(1) == 0).all()
        torch.testing.assert_close(probabilities.sum(-1), torch.ones(2, heads, 9, dtype=torch.float64))


def test_weights_and_biases_are_uniform_within_the_inputs_of_the_supernet() -> None:
    model = build(HwGptPlan(768, 384, (8, 12), (3, 4), bias=True), seed=0)
    for name, parameter in model.named_parameters():
        if "norm" in name:
            assert (parameter == float(name.endswith("weight"))).all(), name
            continue
        inputs = 4 * 768 if name.split(".")[-3:-1] == ["feed_forward", "output"] else 768
        # what torch gives a linear layer of so many inputs
        scaled = parameter.detach().flatten() * math.sqrt(inputs)
        assert scaled.abs().max() <= 1, name
        assert scaled.abs().max() > 0.95, name
        assert scaled.mean().abs() < 4 / math.sqrt(3 * scaled.numel()), name
        assert scaled.std().item() == pytest.approx(3**-0.5, rel=0.1 if parameter.ndim == 1 else 0.01), name


def test_torch_draws_a_linear_layer_within_the_same_bounds() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        drawn = torch.nn.Linear(768, 5000)
    for parameter in (drawn.weight, drawn.bias):
        assert parameter.abs().max().item() == pytest.approx(768**-0.5, rel=1e-3)


def test_the_loss_starts_near_the_entropy_of_the_vocabulary() -> None:
    assert build(PLAN, seed=0)(IDS, IDS).loss.item() == pytest.approx(math.log(50304), abs=0.3)


def test_no_token_sees_a_later_one_and_every_token_those_before_it() -> None:
    model = stirred()

    def states(ids: Tensor) -> Tensor:
        last: Tensor = model(ids, ids, output_hidden_states=True).hidden_states[-1]
        return last

    changed = IDS.clone()
    changed[:, 5:] = 7
    torch.testing.assert_close(states(IDS)[:, :5], states(changed)[:, :5])
    changed = IDS.clone()
    changed[:, 0] = 7
    assert ((states(IDS) - states(changed)).abs().amax(-1) > 1e-6).all()


def test_the_sites() -> None:
    sites = build(PLAN, seed=0).site_map()

    def roles(layer: int) -> list[tuple[str, str]]:
        return [(site.group, site.role) for site in sites.parameters if site.layer == layer]

    block = [("operation", role) for role in ("query_key_value", "output")]
    block += [("feed_forward", role) for role in ("feed_forward_0", "feed_forward_1")]
    assert roles(0) == [("embedding", "word")]
    assert roles(1) == roles(2) == roles(3) == block
    assert roles(4) == []
    parts = {(s.layer, s.role): s.part for s in sites.outputs if s.family == "head"}
    assert parts == {
        (layer, role): (i * 64 * heads, (i + 1) * 64 * heads)
        for layer, heads in ((1, 2), (2, 1), (3, 3))
        for i, role in enumerate(("query", "key", "value"))
    }


def test_every_family_of_operands_is_there() -> None:
    model = build(PLAN, seed=0)
    batch = random_batch(50304, "causal", np.random.default_rng(0), batch=2, tokens=7)
    operands = extract(model, model.site_map(), batch)
    assert operands.absent == frozenset()
    assert all(tensor.isfinite().all() for tensors in operands.tensors.values() for tensor in tensors)
    assert all(tensor.abs().sum() > 0 for tensor in operands.tensors["grad"])
    assert [tensor.shape[1] for tensor in operands.tensors["attention"]] == [2, 1, 3]
    assert [tensor.shape for tensor in operands.tensors["activation"]] == [(2, 7, 24 * ratio) for ratio in (2, 4, 3)]
    assert [tensor.shape[-1] for tensor in operands.tensors["head"]] == [128] * 3 + [64] * 3 + [192] * 3
    assert [tensor.shape for tensor in operands.tensors["hidden"]] == [(2, 7, 24)] * 4


def test_too_many_tokens_are_refused() -> None:
    ids = torch.zeros((1, 1025), dtype=torch.int64)
    with pytest.raises(InputError, match="input_ids: expected at most 1024 tokens, found 1025"):
        build(PLAN, seed=0)(ids, ids)
