"""Adapters: nothing changes before they learn, they alone learn, and merged they are gone."""

from __future__ import annotations

import sys

import pytest
import torch
from torch import nn

from lpzero.compression.recovery.adapters import with_adapters
from lpzero.errors import InputError, MissingError
from tests.compression.files.cases import logits
from tests.compression.tiny import tiny, tokens

pytest.importorskip("peft")


@pytest.mark.parametrize("family", ["llama", "gpt2", "bert"])
def test_they_alone_learn_and_merge_into_the_model(family: str) -> None:
    model, ids = tiny(family), tokens(2, 6)
    names, before, state = list(model.state_dict()), logits(model, ids), torch.random.get_rng_state()
    adapted, merged = with_adapters(model, 2, 3)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.allclose(logits(adapted, ids), before, atol=1e-6)
    learning = {name: weight for name, weight in adapted.named_parameters() if weight.requires_grad}
    assert learning
    assert all("lora_" in name for name in learning)
    with torch.no_grad():
        for weight in learning.values():
            weight.add_(0.1)
    changed = logits(adapted, ids)
    assert not torch.allclose(changed, before, atol=1e-3)
    plain = merged()
    assert list(plain.state_dict()) == names
    assert torch.allclose(logits(plain, ids), changed, atol=1e-4)


def test_a_seed_decides_their_first_weights() -> None:
    first, again, other = (
        torch.cat(
            [w.flatten() for n, w in with_adapters(tiny("llama"), 2, seed)[0].named_parameters() if "lora_A" in n]
        )
        for seed in (3, 3, 4)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_what_they_need_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="expected a model with linear maps"):
        with_adapters(nn.Sequential(nn.ReLU()), 2, 0)
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(MissingError, match=r"lpzero\[lora\]"):
        with_adapters(tiny("llama"), 2, 0)
