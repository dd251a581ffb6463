"""The Transformer-XL model: its blocks, causality and sites."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from lpzero.operands.batch import random_batch
from lpzero.operands.extract import extract
from lpzero.spaces import TransfoXl
from lpzero.spaces.transfo_xl.model import TransfoXlModel, build
from lpzero.spaces.transfo_xl.plan import TransfoXlPlan

PLAN = TransfoXlPlan(width=32, embedding_width=16, shrink=2, inner_widths=(48, 64), heads=(2, 4))
IDS = torch.randint(267736, (2, 12), generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def model() -> TransfoXlModel:
    return build(PLAN, seed=0)


def states(model: TransfoXlModel, ids: Tensor) -> tuple[Tensor, ...]:
    hidden: tuple[Tensor, ...] = model(ids, ids, output_hidden_states=True).hidden_states
    return hidden


def test_a_block_normalises_behind_each_residual_connection(model: TransfoXlModel) -> None:
    before, after, _ = states(model, IDS)
    block = model.blocks[0]
    x = torch.nn.functional.layer_norm(before + block.operation(before)[0], (32,))
    inner = (x @ block.feed_forward.inner.weight.T).clamp(min=0)
    expected = torch.nn.functional.layer_norm(x + inner @ block.feed_forward.output.weight.T, (32,))
    torch.testing.assert_close(after, expected)


def test_no_token_sees_a_later_one(model: TransfoXlModel) -> None:
    for place in (1, 6, 11):
        changed = IDS.clone()
        changed[:, place:] = 7
        before = model(IDS, IDS, output_attentions=True, output_hidden_states=True)
        after = model(changed, IDS, output_attentions=True, output_hidden_states=True)
        for one, other in zip(before.hidden_states, after.hidden_states, strict=True):
            torch.testing.assert_close(one[:, :place], other[:, :place])
            assert not torch.allclose(one[:, place:], other[:, place:])
        for probabilities in before.attentions:
            assert (probabilities.triu(1) == 0).all()


def test_every_token_sees_those_before_it_and_their_distance(model: TransfoXlModel) -> None:
    changed = IDS.clone()
    changed[:, 0] = 7
    assert (states(model, IDS)[-1] != states(model, changed)[-1]).any(dim=-1).all()
    swapped = IDS[:, [1, 0, *range(2, 12)]]
    assert not torch.allclose(states(model, IDS)[-1][:, 2:], states(model, swapped)[-1][:, 2:])


def test_the_order_shows_through_the_distances_alone() -> None:
    built = build(TransfoXlPlan(32, 16, 2, (48,), (2,)), seed=0)
    swapped = IDS[:, [1, 0, *range(2, 12)]]
    with torch.no_grad():
        built.blocks[0].operation.position_key.weight.zero_()
    torch.testing.assert_close(states(built, IDS)[-1][:, 2:], states(built, swapped)[-1][:, 2:])


def test_the_loss_predicts_the_next_token(model: TransfoXlModel) -> None:
    last = states(model, IDS)[-1]
    labels = IDS.clone()
    labels[0, 4:] = -100
    rows = [(0, t) for t in range(1, 4)] + [(1, t) for t in range(1, 12)]
    x = torch.stack([last[b, t - 1] for b, t in rows])
    targets = torch.stack([IDS[b, t] for b, t in rows])
    torch.testing.assert_close(model(IDS, labels).loss, model.output(x, targets, model.embedding))


def test_the_fused_projection_is_three_heads(model: TransfoXlModel) -> None:
    sites = [site for site in model.site_map().outputs if site.family == "head" and site.layer == 2]
    assert [(site.role, site.part) for site in sites] == [
        ("query", (0, 32)),
        ("key", (32, 64)),
        ("value", (64, 96)),
    ]
    assert {site.module for site in sites} == {"blocks.1.operation.query_key_value"}


def test_the_roles(model: TransfoXlModel) -> None:
    def roles(built: TransfoXlModel, layer: int) -> list[str]:
        return [site.role for site in built.site_map().parameters if site.layer == layer]

    attention = ["query_key_value", "position_key", "output", "content_bias", "position_bias"]
    assert roles(model, 0) == [f"{name}_{i}" for name in ("word", "projection") for i in range(4)]
    assert roles(model, 1) == roles(model, 2) == [*attention, "feed_forward_0", "feed_forward_1"]
    assert roles(model, 3) == ["projection", "cluster"]
    bare = build(TransfoXlPlan(width=16, embedding_width=16, shrink=1, inner_widths=(8,), heads=(2,)), seed=0)
    assert roles(bare, 0) == ["word_0"]
    assert roles(bare, 2) == ["cluster"]


def test_the_vectors_of_a_layer_are_its_own_and_drawn(model: TransfoXlModel) -> None:
    for i, heads in enumerate(PLAN.heads):
        operation = model.blocks[i].operation
        assert operation.content_bias.shape == operation.position_bias.shape == (heads, 32 // heads)
        assert operation.content_bias.std() > 0
        assert not torch.equal(operation.content_bias, operation.position_bias)


def test_every_family_of_operands_is_there(model: TransfoXlModel) -> None:
    batch = random_batch(TransfoXl.vocabulary, "causal", np.random.default_rng(0), batch=2, tokens=9)
    operands = extract(model, model.site_map(), batch)
    assert operands.absent == frozenset()
    assert math.isfinite(operands.loss)
    numbers = {family: len(tensors) for family, tensors in operands.tensors.items()}
    # 8 tables and projections, 7 weights a block, projection and clusters of the softmax
    assert numbers == {
        "weight": 24,
        "grad": 24,
        "activation": 2,
        "head": 6,
        "attention": 2,
        "hidden": 3,
        "jacobian": 1,
    }
    assert all(tensor.isfinite().all() for tensors in operands.tensors.values() for tensor in tensors)
    blocks = [s.layer in (1, 2) for s in operands.sites["parameter"]]
    assert all(g.abs().sum() > 0 for g, inside in zip(operands.tensors["grad"], blocks, strict=True) if inside)
    assert [h.shape for h in operands.tensors["head"]] == [(2, 9, 32)] * 6
    assert [a.shape for a in operands.tensors["activation"]] == [(2, 9, 48), (2, 9, 64)]
