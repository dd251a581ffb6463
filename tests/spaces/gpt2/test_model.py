"""The GPT-2 model: its blocks against transformers, and causality."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from transformers import GPT2Config
from transformers.models.gpt2.modeling_gpt2 import GPT2Model

from lpzero.spaces.gpt2.model import Gpt2Model, build
from lpzero.spaces.gpt2.plan import Gpt2Plan

PLAN = Gpt2Plan(width=32, embedding_width=16, shrink=2, inner_widths=(48, 64), heads=(2, 4))
IDS = torch.randint(50264, (2, 12), generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def model() -> Gpt2Model:
    return build(PLAN, seed=0)


def states(model: Gpt2Model, ids: Tensor) -> tuple[Tensor, ...]:
    hidden: tuple[Tensor, ...] = model(ids, ids, output_hidden_states=True).hidden_states
    return hidden


def test_the_stack_is_the_one_of_transformers() -> None:
    built = build(Gpt2Plan(width=32, embedding_width=16, shrink=2, inner_widths=(48, 48), heads=(4, 4)), seed=0)
    config = GPT2Config(
        vocab_size=2, n_positions=192, n_embd=32, n_layer=2, n_head=4, n_inner=48, attn_implementation="eager"
    )
    theirs = GPT2Model(config).eval()
    # Attention and feed-forward have transformers' own names; biases are drawn so that each one matters.
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in (p for block in built.blocks for p in block.parameters() if p.ndim == 1):
            parameter.add_(torch.randn(parameter.shape, generator=generator) / 8)
        theirs.wpe.weight.copy_(built.embedding_position.weight)
    for ours, block in zip(built.blocks, theirs.h, strict=True):
        block.ln_1.load_state_dict(ours.operation_norm.state_dict())
        block.attn.load_state_dict(ours.operation.state_dict())
        block.ln_2.load_state_dict(ours.feed_forward_norm.state_dict())
        block.mlp.load_state_dict(ours.feed_forward.state_dict())
    expected = theirs(
        inputs_embeds=built.embedding(IDS), output_attentions=True, output_hidden_states=True, use_cache=False
    )
    output = built(IDS, IDS, output_attentions=True, output_hidden_states=True)
    torch.testing.assert_close(output.hidden_states[0], expected.hidden_states[0])
    torch.testing.assert_close(output.hidden_states[1], expected.hidden_states[1])
    torch.testing.assert_close(built.final_norm(output.hidden_states[2]), expected.last_hidden_state)
    for ours, their in zip(output.attentions, expected.attentions, strict=True):
        torch.testing.assert_close(ours, their)


def test_no_token_sees_a_later_one(model: Gpt2Model) -> None:
    changed = IDS.clone()
    changed[:, 6:] = 7
    for before, after in zip(states(model, IDS), states(model, changed), strict=True):
        torch.testing.assert_close(before[:, :6], after[:, :6])
        assert not torch.allclose(before[:, 6:], after[:, 6:])


def test_the_loss_predicts_the_next_token(model: Gpt2Model) -> None:
    last = model.final_norm(states(model, IDS)[-1])
    labels = IDS.clone()
    labels[0, 4:] = -100
    rows = [(0, t) for t in range(1, 4)] + [(1, t) for t in range(1, 12)]
    x = torch.stack([last[b, t - 1] for b, t in rows])
    targets = torch.stack([IDS[b, t] for b, t in rows])
    expected = model.output(x, targets, model.embedding)
    torch.testing.assert_close(model(IDS, labels).loss, expected)


def test_the_fused_projection_is_three_heads(model: Gpt2Model) -> None:
    sites = [site for site in model.site_map().outputs if site.family == "head" and site.layer == 2]
    assert [(site.role, site.part) for site in sites] == [
        ("query", (0, 32)),
        ("key", (32, 64)),
        ("value", (64, 96)),
    ]
    assert {site.module for site in sites} == {"blocks.1.operation.c_attn"}


def test_the_roles_before_and_behind_the_blocks(model: Gpt2Model) -> None:
    def roles(built: Gpt2Model, layer: int) -> list[str]:
        return [site.role for site in built.site_map().parameters if site.layer == layer]

    several = ["position", "word_0", "word_1", "word_2", "projection_0", "projection_1", "projection_2"]
    assert roles(model, 0) == several
    assert roles(model, 3) == ["projection", "cluster"]
    bare = build(Gpt2Plan(width=16, embedding_width=16, shrink=1, inner_widths=(8,), heads=(2,)), seed=0)
    assert roles(bare, 0) == ["position", "word_0"]
    assert roles(bare, 2) == ["cluster"]
