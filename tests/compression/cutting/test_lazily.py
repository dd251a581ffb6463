"""A smaller model without memory of its own answers as the one that is made."""

from __future__ import annotations

import pytest
import torch

from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.families import FAMILIES
from lpzero.compression.cutting.layout import read_layout
from lpzero.compression.cutting.lazily import lazily_cut
from lpzero.compression.losses import logits_of
from lpzero.errors import InputError
from tests.compression.tiny import tiny, tokens

CHOICES = (
    (LayerChoice(0, (0,), (1, 2, 5)), LayerChoice(1, (), ()), LayerChoice(2, (), (0, 3))),
    (LayerChoice(0, (), (0, 1)), LayerChoice(1, (1,), ()), LayerChoice(2, (0, 1), tuple(range(10)))),
)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("layers", CHOICES)
def test_it_answers_as_the_cut_model_bit_for_bit(family: str, layers: tuple[LayerChoice, ...]) -> None:
    model = tiny(family)
    layout, ids = read_layout(model), tokens(2, 12)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        found = logits_of(lazily_cut(model, layout, Choice(layers)), ids)
        assert torch.equal(found, logits_of(cut(model, layout, Choice(layers)), ids))
        assert not torch.equal(found, logits_of(model, ids))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_it_has_no_tensors_of_its_own() -> None:
    model = tiny("llama")
    smaller = lazily_cut(model, read_layout(model), Choice(CHOICES[0]))
    assert {id(one) for one in smaller.parameters()} <= {id(one) for one in model.parameters()}


def test_a_choice_of_another_checkpoint_is_refused() -> None:
    model = tiny("llama")
    with pytest.raises(InputError, match="expected a choice for 3 layers, found one for 2"):
        lazily_cut(model, read_layout(model), Choice(CHOICES[0][:2]))
