"""The LLaMA model: the whole of it against transformers, causality, its sites, and every operand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM

from lpzero.errors import InputError
from lpzero.metrics.grasp import grasp
from lpzero.operands.batch import random_batch
from lpzero.operands.extract import extract
from lpzero.operands.operand import OPERANDS
from lpzero.spaces.llama.checkpoint import tensor_name
from lpzero.spaces.llama.config import config_document
from lpzero.spaces.llama.model import LlamaModel, build
from lpzero.spaces.llama.plan import BASES, Base, LlamaPlan, whole_plan
from lpzero.spaces.reading.names import discover_sites

BASE = Base(
    61, 16, width=24, depth=2, heads=4, kv_heads=2, head_width=6, inner_width=20, epsilon=1e-5, theta=1e4, tied=True
)
PLAN = LlamaPlan(BASE, width=24, inner_widths=(20, 12), heads=(4, 2), kv_heads=(2, 2))
IDS = torch.randint(61, (2, 12), generator=torch.Generator().manual_seed(0))


def stirred(plan: LlamaPlan) -> LlamaModel:
    """Every parameter is moved, norms too, so that each one matters."""
    built = build(plan, seed=0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) / 4)
    return built


def theirs(model: LlamaModel) -> LlamaForCausalLM:
    """The model of transformers with the same weights."""
    config = LlamaConfig(**config_document(model.base), attn_implementation="eager")
    other = LlamaForCausalLM(config).eval()
    weights = {tensor_name(name): weight for name, weight in model.state_dict().items()}
    missing = other.load_state_dict(weights, strict=False)
    assert missing.unexpected_keys == []
    assert missing.missing_keys == (["lm_head.weight"] if model.base.tied else [])
    return other


def states(model: LlamaModel, ids: Tensor) -> tuple[Tensor, ...]:
    hidden: tuple[Tensor, ...] = model(ids, ids, output_hidden_states=True).hidden_states
    return hidden


@pytest.mark.parametrize("kv_heads", [4, 2, 1])
@pytest.mark.parametrize("tied", [True, False])
def test_the_model_is_the_one_of_transformers(kv_heads: int, tied: bool) -> None:
    base = replace(BASE, kv_heads=kv_heads, tied=tied, head_width=10, epsilon=0.01, theta=50.0)
    ours = stirred(whole_plan(base))
    labels = IDS.clone()
    labels[0, 7:] = -100
    expected = theirs(ours)(input_ids=IDS, labels=labels, output_attentions=True, output_hidden_states=True)
    output = ours(IDS, labels, output_attentions=True, output_hidden_states=True)
    torch.testing.assert_close(output.loss, expected.loss)
    torch.testing.assert_close(ours.logits(IDS), expected.logits, atol=1e-4, rtol=1e-4)
    # the last state of transformers stands behind the final norm
    torch.testing.assert_close(ours.final_norm(output.hidden_states[-1]), expected.hidden_states[-1])
    for one, other in zip(output.hidden_states[:-1], expected.hidden_states[:-1], strict=True):
        torch.testing.assert_close(one, other)
    for one, other in zip(output.attentions, expected.attentions, strict=True):
        torch.testing.assert_close(one, other)


def test_its_sites_are_those_that_are_found_in_the_model_of_transformers() -> None:
    ours = stirred(whole_plan(replace(BASE, tied=False)))
    found = discover_sites(theirs(ours))
    assert [(tensor_name(s.parameter), s.layer, s.group) for s in ours.site_map().parameters] == [
        (s.parameter, s.layer, s.group) for s in found.parameters
    ]
    assert [(s.family, s.layer) for s in ours.site_map().outputs] == [(s.family, s.layer) for s in found.outputs]


def test_the_activation_is_the_gate_behind_silu() -> None:
    model = stirred(PLAN)
    batch = random_batch(61, "causal", np.random.default_rng(0), batch=2, tokens=5)
    seen = extract(model, model.site_map(), batch).tensors["activation"][0]
    block = model.blocks[0]
    before = model.embedding(batch.input_ids)
    mask = torch.full((5, 5), -torch.inf).triu(1)
    from lpzero.spaces.models.rotary import rotation

    x = before + block.operation(block.operation_norm(before), rotation(5, 6, 1e4, before), mask)[0]
    gate = block.feed_forward.gate(block.feed_forward_norm(x))
    torch.testing.assert_close(seen, gate * gate.sigmoid())


def test_no_token_sees_a_later_one_and_every_token_those_before_it() -> None:
    model = stirred(PLAN)
    changed = IDS.clone()
    changed[:, 6:] = 7
    for before, after in zip(states(model, IDS), states(model, changed), strict=True):
        torch.testing.assert_close(before[:, :6], after[:, :6])
        assert not torch.allclose(before[:, 6:], after[:, 6:])
    changed = IDS.clone()
    changed[:, 0] = (changed[:, 0] + 1) % 61
    assert ((states(model, IDS)[1] - states(model, changed)[1]).abs().amax(-1) > 1e-5).all()


def test_positions_count_by_their_distance_alone() -> None:
    # with one layer what a token sees of another depends on how far away it is, not on where both are
    plan = LlamaPlan(BASE, 24, inner_widths=(20,), heads=(4,), kv_heads=(2,))
    model = stirred(plan)
    row = torch.tensor([[5, 9, 5, 9]])
    attention = model(row, row, output_attentions=True).attentions[0]
    scores = attention.log()
    # rows 1 and 3 hold the same id, and look at the same ids one step back and at themselves
    torch.testing.assert_close(scores[..., 1, 1] - scores[..., 1, 0], scores[..., 3, 3] - scores[..., 3, 2])
    assert not torch.allclose(scores[..., 3, 1], scores[..., 3, 3])


def test_too_many_tokens_are_refused() -> None:
    ids = torch.zeros((1, 17), dtype=torch.int64)
    with pytest.raises(InputError, match="input_ids: expected at most 16 tokens, found 17"):
        build(PLAN, seed=0)(ids, ids)


def test_the_loss_starts_near_the_entropy_of_the_vocabulary() -> None:
    ids = torch.randint(257, (2, 64), generator=torch.Generator().manual_seed(0))
    loss = build(whole_plan(BASES["own"]), seed=0)(ids, ids).loss
    assert loss.item() == pytest.approx(math.log(257), abs=0.1)


def test_the_norms_start_at_one_and_nothing_has_a_bias() -> None:
    model = build(PLAN, seed=0)
    norms = [module for module in model.modules() if isinstance(module, nn.RMSNorm)]
    assert len(norms) == 5
    assert all(torch.equal(norm.weight, torch.ones(24)) for norm in norms)
    assert not [name for name, _ in model.named_parameters() if name.endswith("bias")]


@pytest.mark.parametrize("tied", [True, False])
def test_every_operand_is_there_in_every_layer(tied: bool) -> None:
    plan = LlamaPlan(replace(BASE, tied=tied), 24, inner_widths=(20, 12), heads=(4, 2), kv_heads=(2, 1))
    model = build(plan, seed=0)
    batch = random_batch(61, "causal", np.random.default_rng(0), batch=2, tokens=8)
    operands = extract(model, model.site_map(), batch)
    assert not operands.absent
    for name, operand in OPERANDS.items():
        if operand.group == "output" and tied:
            continue
        sites, tensors = operands.select(operand)
        assert tensors, name
        assert all(tensor.isfinite().all() and tensor.abs().max() > 0 for tensor in tensors), name
        if operand.group in ("operation", "feed_forward") or operand.site_family in ("activation", "head", "attention"):
            assert {site.layer for site in sites} == {1, 2}, name
    assert [tensor.shape[1] for tensor in operands.tensors["attention"]] == [4, 2]
    assert [tensor.shape[-1] for tensor in operands.tensors["activation"]] == [20, 12]
    assert [tensor.shape[-1] for tensor in operands.tensors["head"]] == [24, 12, 12, 12, 6, 6]


def test_the_roles_of_the_sites() -> None:
    sites = build(LlamaPlan(replace(BASE, tied=False), 24, (20, 12), (4, 2), (2, 1)), seed=0).site_map()

    def roles(layer: int) -> list[tuple[str, str]]:
        return [(site.group, site.role) for site in sites.parameters if site.layer == layer]

    block = [("operation", role) for role in ("query", "key", "value", "output")]
    block += [("feed_forward", role) for role in ("gate", "up", "down")]
    assert (roles(0), roles(3)) == ([("embedding", "word")], [("output", "word")])
    assert roles(1) == roles(2) == block


def test_second_derivatives_are_there() -> None:
    model = stirred(PLAN)
    batch = random_batch(61, "causal", np.random.default_rng(0), batch=2, tokens=8)
    assert math.isfinite(grasp(model, model.site_map(), batch))
