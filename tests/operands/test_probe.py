"""A probe: one batch for all, weights that follow from seed and architecture, and what is refused before a model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lpzero.errors import InputError, TooLargeError
from lpzero.operands import probe as probe_module
from lpzero.operands.operand import FAMILIES
from lpzero.operands.probe import Probe, probe_batch, untrained_model, untrained_operands
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture

SPACE = get_space("gpt2", "own")
ONE = SPACE.sample(np.random.default_rng(0))
SMALL = Probe(batch=2, tokens=4)


@pytest.mark.parametrize(("name", "least"), [("seed", 0), ("batch", 1), ("tokens", 2), ("elements", 16)])
def test_a_value_below_its_range_is_refused_by_its_name(name: str, least: int) -> None:
    with pytest.raises(InputError, match=f"^`{name}`: expected at least {least}, found {least - 1}$"):
        Probe(**{name: least - 1})  # type: ignore[arg-type]  # names of whole numbers alone
    assert Probe(seed=0, batch=1, tokens=2, elements=16).device == "cpu"


@pytest.mark.parametrize("name", ["gpt2", "flexibert", "llama"])
def test_the_batch_is_of_the_space_and_follows_from_the_seed_alone(name: str) -> None:
    space = get_space(name, "own")
    batch, again = (probe_batch(space, Probe(seed=3, batch=2, tokens=9, elements=e)) for e in (16, 64))
    assert batch.input_ids.shape == batch.labels.shape == (2, 9)
    assert torch.equal(batch.input_ids, again.input_ids)
    assert torch.equal(batch.labels, again.labels)
    assert 0 <= int(batch.input_ids.min()) <= int(batch.input_ids.max()) < space.vocabulary
    other = probe_batch(space, Probe(seed=4, batch=2, tokens=9))
    assert not torch.equal(batch.input_ids, other.input_ids)


def test_more_tokens_than_a_model_takes_are_refused() -> None:
    assert probe_batch(SPACE, Probe(batch=1, tokens=SPACE.max_tokens)).input_ids.shape == (1, SPACE.max_tokens)
    with pytest.raises(InputError, match=r"^expected at most 64 tokens for gpt2, found 65$"):
        probe_batch(SPACE, Probe(tokens=SPACE.max_tokens + 1))


def weights(model: nn.Module) -> list[torch.Tensor]:
    return [parameter.detach() for parameter in model.parameters()]


def test_equal_architectures_have_equal_weights_and_others_never() -> None:
    model, again = (untrained_model(SPACE, ONE, probe)[0] for probe in (SMALL, Probe(batch=5, tokens=8)))
    assert all(torch.equal(a, b) for a, b in zip(weights(model), weights(again), strict=True))
    reseeded = untrained_model(SPACE, ONE, Probe(seed=1))[0]
    assert not torch.equal(weights(model)[0], weights(reseeded)[0])
    # other heads take weights of the same shapes
    layers = [ONE.layer(i) for i in range(ONE.depth)]
    other = Architecture.of(
        "gpt2", dict(ONE.whole), [{**layers[0], "heads": 2 if layers[0]["heads"] == 8 else 8}, *layers[1:]]
    )
    one, two = weights(model)[0], weights(untrained_model(SPACE, other, SMALL)[0])[0]
    assert one.shape == two.shape
    assert not torch.equal(one, two)


def test_every_site_of_the_map_is_in_the_model_and_every_operand_is_there() -> None:
    model, site_map = untrained_model(SPACE, ONE, SMALL)
    names = dict(model.named_parameters())
    assert {site.parameter for site in site_map.parameters} <= set(names)
    operands = untrained_operands(SPACE, ONE, SMALL)
    assert set(operands.tensors) == set(FAMILIES)
    for site, tensor, grad in zip(
        operands.sites["parameter"], operands.tensors["weight"], operands.tensors["grad"], strict=True
    ):
        assert tensor.shape == grad.shape
        assert 0 <= site.layer <= ONE.depth + 1
    model(*vars(probe_batch(SPACE, SMALL)).values()).loss.backward()
    by_site = [names[site.parameter].grad for site in site_map.parameters]
    for found, wanted in zip(operands.tensors["grad"], by_site, strict=True):
        assert wanted is not None
        torch.testing.assert_close(found.reshape(wanted.shape), wanted)


def test_no_random_state_moves() -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    untrained_operands(SPACE, ONE, SMALL)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_an_architecture_of_another_space_is_refused() -> None:
    with pytest.raises(InputError, match="gpt2"):
        untrained_model(SPACE, get_space("flexibert", "own").sample(np.random.default_rng(0)), SMALL)


def test_a_model_that_does_not_fit_is_refused_before_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    seven = get_space("llama", "7b")
    architecture = seven.sample(np.random.default_rng(0))
    monkeypatch.setattr(probe_module, "check_memory", _refuse)
    with pytest.raises(TooLargeError, match="too large"):
        untrained_model(seven, architecture, SMALL)


def _refuse(parameters: int, *, gradients: bool) -> None:
    assert parameters > 10**9
    assert gradients
    raise TooLargeError("too large")


def test_a_space_whose_models_name_no_sites_is_refused() -> None:
    class Nameless(type(SPACE)):  # type: ignore[misc]
        def build(self, architecture: Any, seed: int) -> nn.Module:
            return nn.Linear(2, 2)

    with pytest.raises(InputError, match=r"^space gpt2: expected models with a site_map method$"):
        untrained_model(Nameless("own"), ONE, SMALL)
