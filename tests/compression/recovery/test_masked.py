"""A model that is masked answers as the one that is cut, in every family."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.families import FAMILIES
from lpzero.compression.cutting.layout import blocks_of, read_layout
from lpzero.compression.recovery.masked import masked
from lpzero.errors import InputError
from tests.compression.files.cases import CHOICES, logits
from tests.compression.tiny import tiny, tokens

IDS = tokens(2, 7)


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_masked_answers_as_what_is_cut(family: str, name: str) -> None:
    model = tiny(family)
    layout = read_layout(model)
    choice, before = CHOICES[name](layout), logits(model, IDS)
    with masked(model, layout, choice):
        found = logits(model, IDS)
    torch.testing.assert_close(found, logits(cut(model, layout, choice), IDS), rtol=1e-4, atol=1e-5)
    assert torch.equal(logits(model, IDS), before)
    assert not torch.allclose(found, before)


def test_gradients_reach_what_stays_alone() -> None:
    model: Any = tiny("llama")
    layout = read_layout(model)
    whole = layout.everything.layers
    choice = Choice((whole[0], LayerChoice(1, (1,), (0, 3)), LayerChoice(2, (), ())))
    with masked(model, layout, choice):
        model(input_ids=IDS).logits.square().mean().backward()
    blocks = blocks_of(model, layout)
    of_outer = blocks[1].get_submodule(layout.places.outer).weight.grad
    assert torch.equal(of_outer.abs().sum(0).nonzero()[:, 0], torch.tensor([0, 3]))
    gone = [weight.grad for weight in blocks[2].parameters()]
    assert all(grad is None or not grad.any() for grad in gone)


def test_no_hook_stays_where_the_model_fails() -> None:
    model = tiny("gpt2")
    layout = read_layout(model)
    with pytest.raises(RuntimeError, match="stopped"), masked(model, layout, CHOICES["unlike"](layout)):
        raise RuntimeError("stopped")
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_a_choice_of_another_model_is_refused() -> None:
    model = tiny("llama")
    layout = read_layout(model)
    short = Choice(layout.everything.layers[:2])
    with pytest.raises(InputError, match="expected a choice for 3 layers"), masked(model, layout, short):
        pass
