"""The GPT-2 model of the protocol `own`: its blocks against transformers, its residual stream, and causality."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from transformers import GPT2Config
from transformers.models.gpt2.modeling_gpt2 import GPT2Model

from lpzero.operands.batch import random_batch
from lpzero.operands.extract import extract
from lpzero.operands.operand import OPERANDS
from lpzero.spaces import Architecture, Gpt2
from lpzero.spaces.gpt2.own_model import Gpt2OwnModel, build
from lpzero.spaces.gpt2.own_plan import Gpt2OwnPlan

PLAN = Gpt2OwnPlan(width=32, inner_widths=(48, 64), heads=(2, 4), vocabulary=257)
IDS = torch.randint(257, (2, 12), generator=torch.Generator().manual_seed(0))


@pytest.fixture
def model() -> Gpt2OwnModel:
    """Every parameter is drawn, biases and norms too, so that each one matters."""
    built = build(PLAN, seed=0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) / 8)
    return built


def states(model: Gpt2OwnModel, ids: Tensor) -> tuple[Tensor, ...]:
    hidden: tuple[Tensor, ...] = model(ids, ids, output_hidden_states=True).hidden_states
    return hidden


def test_the_stack_is_the_one_of_transformers() -> None:
    built = build(Gpt2OwnPlan(width=32, inner_widths=(48, 48), heads=(4, 4), vocabulary=257), seed=0)
    config = GPT2Config(
        vocab_size=257, n_positions=64, n_embd=32, n_layer=2, n_head=4, n_inner=48, attn_implementation="eager"
    )
    theirs = GPT2Model(config).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) / 8)
        theirs.wte.weight.copy_(built.embedding.weight)
        theirs.wpe.weight.copy_(built.embedding_position.weight)
        theirs.ln_f.load_state_dict(built.final_norm.state_dict())
        for block, ours in zip(theirs.h, built.blocks, strict=True):
            block.ln_1.load_state_dict(ours.operation_norm.state_dict())
            block.ln_2.load_state_dict(ours.feed_forward_norm.state_dict())
            parts = (ours.operation.query, ours.operation.key, ours.operation.value)
            # what transformers calls Conv1D is a linear layer with its weight transposed
            block.attn.c_attn.weight.copy_(torch.cat([part.weight for part in parts]).T)
            block.attn.c_attn.bias.copy_(torch.cat([part.bias for part in parts]))
            for linear, conv in (
                (ours.operation.output, block.attn.c_proj),
                (ours.feed_forward.inner, block.mlp.c_fc),
                (ours.feed_forward.output, block.mlp.c_proj),
            ):
                conv.weight.copy_(linear.weight.T)
                conv.bias.copy_(linear.bias)
    expected = theirs(input_ids=IDS, output_attentions=True, output_hidden_states=True, use_cache=False)
    output = built(IDS, IDS, output_attentions=True, output_hidden_states=True)
    torch.testing.assert_close(output.hidden_states[0], expected.hidden_states[0])
    torch.testing.assert_close(output.hidden_states[1], expected.hidden_states[1])
    torch.testing.assert_close(built.final_norm(output.hidden_states[2]), expected.last_hidden_state)
    for ours, their in zip(output.attentions, expected.attentions, strict=True):
        torch.testing.assert_close(ours, their)


def test_without_output_weights_the_residual_stream_goes_through_unchanged(model: Gpt2OwnModel) -> None:
    with torch.no_grad():
        for block in model.blocks:
            for layer in (block.operation.output, block.feed_forward.output):
                layer.weight.zero_()
                layer.bias.zero_()
    first, *rest = states(model, IDS)
    assert len(rest) == 2
    for state in rest:
        assert torch.equal(state, first)


@pytest.mark.parametrize("part", ["operation", "feed_forward"])
def test_either_part_alone_moves_the_residual_stream(model: Gpt2OwnModel, part: str) -> None:
    block = model.blocks[0]
    with torch.no_grad():
        for parameter in getattr(block, part).output.parameters():
            parameter.zero_()
    before, after = states(model, IDS)[:2]
    if part == "operation":
        moved = block.feed_forward(block.feed_forward_norm(before))
    else:
        moved, _ = block.operation(block.operation_norm(before), torch.full((12, 12), -torch.inf).triu(1))
    torch.testing.assert_close(after - before, moved, atol=1e-5, rtol=1e-4)
    assert moved.abs().max() > 0.01


def test_no_token_sees_a_later_one(model: Gpt2OwnModel) -> None:
    changed = IDS.clone()
    changed[:, 6:] = 7
    for before, after in zip(states(model, IDS), states(model, changed), strict=True):
        torch.testing.assert_close(before[:, :6], after[:, :6])
        assert not torch.allclose(before[:, 6:], after[:, 6:])


def test_every_token_sees_all_those_before_it(model: Gpt2OwnModel) -> None:
    changed = IDS.clone()
    changed[:, 0] = (changed[:, 0] + 1) % 257
    moved = (states(model, IDS)[1] - states(model, changed)[1]).abs().amax(-1)
    assert (moved > 1e-5).all()


def test_the_loss_predicts_the_next_token_where_there_is_a_label(model: Gpt2OwnModel) -> None:
    last = model.final_norm(states(model, IDS)[-1])
    labels = IDS.clone()
    labels[0, 4:] = -100
    rows = [(0, t) for t in range(1, 4)] + [(1, t) for t in range(1, 12)]
    logits = torch.stack([model.embedding.weight @ last[b, t - 1] for b, t in rows])
    targets = torch.stack([IDS[b, t] for b, t in rows])
    torch.testing.assert_close(model(IDS, labels).loss, nn.functional.cross_entropy(logits, targets))


def test_the_first_label_of_a_row_does_not_count(model: Gpt2OwnModel) -> None:
    labels = IDS.clone()
    labels[:, 0] = -100
    assert torch.equal(model(IDS, labels).loss, model(IDS, IDS).loss)


def test_the_loss_starts_near_the_entropy_of_the_vocabulary() -> None:
    assert build(PLAN, seed=0)(IDS, IDS).loss.item() == pytest.approx(math.log(257), abs=0.1)


def test_the_embedding_is_the_head_as_well() -> None:
    built = build(PLAN, seed=0)
    assert not [name for name, _ in built.named_parameters() if name.startswith("output")]
    built(IDS[:, :4], IDS[:, :4]).loss.backward()
    gradient = built.embedding.weight.grad
    assert gradient is not None
    # an id that is not in the input is still compared with the prediction
    absent = (set(range(257)) - set(IDS[:, :4].flatten().tolist())).pop()
    assert gradient[absent].abs().max() > 0


def test_another_vocabulary_has_another_embedding_and_the_same_blocks() -> None:
    large = Gpt2OwnPlan(width=32, inner_widths=(48, 64), heads=(2, 4), vocabulary=4096)
    shapes = [{n: tuple(p.shape) for n, p in build(plan, seed=0).named_parameters()} for plan in (PLAN, large)]
    assert shapes[0].pop("embedding.weight") == (257, 32)
    assert shapes[1].pop("embedding.weight") == (4096, 32)
    assert shapes[0] == shapes[1]
    loss = build(large, seed=0)(IDS + 3000, IDS + 3000).loss
    assert loss.item() == pytest.approx(math.log(4096), abs=0.1)


@pytest.mark.parametrize("protocol", ["own", "own-4096"])
def test_every_operand_is_there_in_every_layer(protocol: str) -> None:
    space = Gpt2(protocol)
    layers = [{"d_inner": 64, "heads": 2}, {"d_inner": 96, "heads": 4}, {"d_inner": 64, "heads": 8}]
    built = space.build(Architecture.of("gpt2", {"d_model": 64}, layers), seed=0)
    assert isinstance(built, Gpt2OwnModel)
    batch = random_batch(space.vocabulary, "causal", np.random.default_rng(0), batch=2, tokens=8)
    operands = extract(built, built.site_map(), batch)
    assert not operands.absent
    for name, operand in OPERANDS.items():
        sites, tensors = operands.select(operand)
        assert tensors, name
        assert all(tensor.isfinite().all() for tensor in tensors), name
        assert all(tensor.abs().max() > 0 for tensor in tensors), name
        if operand.group in ("operation", "feed_forward") or operand.site_family in ("activation", "head", "attention"):
            assert {site.layer for site in sites} == {1, 2, 3}, name
    assert [tensor.shape[1] for tensor in operands.tensors["attention"]] == [2, 4, 8]
    assert [tensor.shape[-1] for tensor in operands.tensors["activation"]] == [64, 96, 64]


def test_the_roles_of_the_sites(model: Gpt2OwnModel) -> None:
    sites = model.site_map()

    def roles(layer: int) -> list[tuple[str, str]]:
        return [(site.group, site.role) for site in sites.parameters if site.layer == layer]

    block = [("operation", role) for role in ("query", "key", "value", "output")]
    block += [("feed_forward", role) for role in ("feed_forward_0", "feed_forward_1")]
    assert roles(0) == [("embedding", "word"), ("embedding", "position")]
    assert roles(1) == roles(2) == block
    assert roles(3) == []
    for layer in (1, 2):
        outputs = [(site.family, site.role, site.module) for site in sites.outputs if site.layer == layer]
        heads = [("head", role, f"blocks.{layer - 1}.operation.{role}") for role in ("query", "key", "value")]
        assert outputs == [*heads, ("activation", "feed_forward_0", f"blocks.{layer - 1}.feed_forward.activation")]
