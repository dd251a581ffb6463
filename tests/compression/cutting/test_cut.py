"""The smaller model: what is cut is what a zero in the output projection takes away, in every family."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.compression.cutting.cut import cut, group_columns, narrowed
from lpzero.compression.cutting.families import FAMILIES
from lpzero.compression.cutting.layout import Layout, blocks_of, part, read_layout, weight_in
from lpzero.errors import InputError
from tests.compression.tiny import tiny, tokens

FAMILY = pytest.mark.parametrize("family", FAMILIES)


def logits(model: nn.Module, ids: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(input_ids=ids).logits
    return found


def with_layer(choice: Choice, layer: int, **changes: Any) -> Choice:
    return Choice(tuple(replace(one, **changes) if one.layer == layer else one for one in choice.layers))


def zeroed(model: nn.Module, change: Callable[[nn.Module], None]) -> nn.Module:
    other = copy.deepcopy(model)
    with torch.no_grad():
        change(other)
    return other


@FAMILY
def test_cutting_nothing_gives_the_same_logits_and_shares_nothing(family: str) -> None:
    model = tiny(family)
    layout, ids = read_layout(model), tokens(2, 12)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    whole = cut(model, layout, layout.everything)
    assert torch.equal(logits(whole, ids), logits(model, ids))
    with torch.no_grad():
        for parameter in whole.parameters():
            parameter.zero_()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@FAMILY
def test_cutting_groups_and_neurons_is_zeroing_their_columns(family: str) -> None:
    model = tiny(family)
    layout, ids = read_layout(model), tokens(2, 12)
    groups, neurons = (layout.groups - 1,), (1, 4, 5, 8)
    gone = [one for one in range(layout.groups) if one not in groups]

    def change(other: nn.Module) -> None:
        block = blocks_of(other, layout)[1]
        weight_in(part(block, layout.places.attention_out))[:, group_columns(layout, gone)] = 0
        rest = [one for one in range(layout.neurons) if one not in neurons]
        weight_in(part(block, layout.places.outer))[:, rest] = 0

    smaller = cut(model, layout, with_layer(layout.everything, 1, groups=groups, neurons=neurons))
    torch.testing.assert_close(logits(smaller, ids), logits(zeroed(model, change), ids), rtol=1e-5, atol=1e-5)
    assert sum(p.numel() for p in smaller.parameters()) < sum(p.numel() for p in model.parameters())


@FAMILY
@pytest.mark.parametrize("cut_part", ["groups", "neurons"])
def test_a_removed_block_adds_nothing(family: str, cut_part: str) -> None:
    model = tiny(family)
    layout, ids = read_layout(model), tokens(2, 12)

    def change(other: nn.Module) -> None:
        out = layout.places.attention_out if cut_part == "groups" else layout.places.outer
        linear = part(blocks_of(other, layout)[0], out)
        for parameter in linear.parameters():
            parameter.zero_()

    smaller = cut(model, layout, with_layer(layout.everything, 0, **{cut_part: ()}))
    torch.testing.assert_close(logits(smaller, ids), logits(zeroed(model, change), ids), rtol=1e-5, atol=1e-5)


@FAMILY
def test_a_dropped_layer_is_passed_by(family: str) -> None:
    model = tiny(family)
    layout, ids = read_layout(model), tokens(2, 12)

    def change(other: nn.Module) -> None:
        blocks = blocks_of(other, layout)
        del blocks[1]
        other.config.use_cache = False  # type: ignore[union-attr]
        other.config.num_hidden_layers = 2  # type: ignore[union-attr]
        if getattr(other.config, "layer_types", None):
            other.config.layer_types = other.config.layer_types[:2]  # type: ignore[union-attr]

    smaller = cut(model, layout, with_layer(layout.everything, 1, groups=(), neurons=()))
    assert torch.equal(logits(smaller, ids), logits(zeroed(model, change), ids))
    assert len(blocks_of(smaller, layout)) == 2


@pytest.mark.parametrize("family", [name for name, places in FAMILIES.items() if places.objective == "causal"])
def test_it_generates_with_a_cache_what_it_generates_without(family: str) -> None:
    """Where the first layer has no attention the cache must still count the tokens so far."""
    model = tiny(family)
    layout, ids = read_layout(model), tokens(1, 4)
    choice = with_layer(with_layer(layout.everything, 0, groups=()), 1, groups=(0,), neurons=(2, 3))
    smaller: Any = cut(model, layout, choice)
    written = [
        smaller.generate(ids, max_new_tokens=8, do_sample=False, use_cache=cached, eos_token_id=None)
        for cached in (True, False)
    ]
    assert torch.equal(*written)
    expected = ids
    for _ in range(8):
        expected = torch.cat([expected, logits(smaller, expected)[:, -1:].argmax(-1)], dim=1)
    assert torch.equal(written[0], expected)


def test_opt_with_norms_behind_keeps_them() -> None:
    model = tiny("opt", do_layer_norm_before=False)
    layout, ids = read_layout(model), tokens(1, 9)
    smaller = cut(model, layout, with_layer(layout.everything, 2, neurons=()))

    def change(other: nn.Module) -> None:
        for parameter in part(blocks_of(other, layout)[2], "fc2").parameters():
            parameter.zero_()

    torch.testing.assert_close(logits(smaller, ids), logits(zeroed(model, change), ids), rtol=1e-5, atol=1e-5)


def test_tied_weights_stay_tied_and_settings_stay() -> None:
    model = tiny("llama")
    model.train()
    layout = read_layout(model)
    smaller: Any = cut(model, layout, with_layer(layout.everything, 2, groups=(1,), neurons=(0,)))
    assert smaller.lm_head.weight is smaller.model.embed_tokens.weight
    assert all(module.training for module in smaller.modules())
    assert smaller.config.num_hidden_layers == 3


def test_nothing_is_drawn() -> None:
    model = tiny("gpt2")
    layout = read_layout(model)
    state = torch.random.get_rng_state()
    cut(model, layout, with_layer(layout.everything, 2, groups=(1,), neurons=(0,)))
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_narrowed_linear_module_is_its_part() -> None:
    linear = nn.Linear(4, 3)
    x = torch.randn(2, 4)
    smaller = narrowed(linear, outputs=torch.tensor([0, 2]), inputs=torch.tensor([1, 3]))
    expected = x[:, [1, 3]] @ linear.weight[[0, 2]][:, [1, 3]].T + linear.bias[[0, 2]]
    torch.testing.assert_close(smaller(x[:, [1, 3]]), expected)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda layout: Choice(layout.everything.layers[:2]), "expected a choice for 3 layers, found one for 2"),
        (lambda layout: with_layer(layout.everything, 1, groups=(0, 2)), "layer 1: groups: expected places below 2"),
        (lambda layout: with_layer(layout.everything, 2, neurons=(10,)), "layer 2: neurons: expected places below 10"),
        (lambda _: Choice(tuple(LayerChoice(i, (), (0,)) for i in range(3))), "the attention of one layer at least"),
    ],
)
def test_a_choice_of_another_checkpoint_is_refused(change: Callable[[Layout], Choice], said: str) -> None:
    model = tiny("llama")
    layout = read_layout(model)
    with pytest.raises(InputError, match=said):
        cut(model, layout, change(layout))
