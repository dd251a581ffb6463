"""A space's model in transformers: the same numbers to the last bit, whatever way it came there."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from lpzero.errors import InputError
from lpzero.pretrained import write_configuration, write_model
from lpzero.pretrained.modeling import LpzeroModel
from lpzero.pretrained.registration import HEADS, classes_of, configuration_of
from lpzero.spaces import Architecture, SearchSpace

Small = tuple[SearchSpace, Architecture]
SEED = 3


def _ids(space: SearchSpace, tokens: int = 7) -> Tensor:
    return torch.randint(1, space.vocabulary, (2, tokens), generator=torch.Generator().manual_seed(0))


def _auto(space: SearchSpace) -> Any:
    return getattr(transformers, f"AutoModel{HEADS[space.objective]}")


def _around(small: Small) -> tuple[Any, nn.Module]:
    """The transformers model and the space's, one of each, with equal weights."""
    space, architecture = small
    model = classes_of(space.name).model.around(configuration_of(space, architecture), space.build(architecture, SEED))
    return model, space.build(architecture, SEED)


def test_what_is_loaded_gives_the_logits_of_the_space_bit_for_bit(small: Small, tmp_path: Path) -> None:
    space, architecture = small
    write_model(tmp_path / "model", space, architecture, SEED)
    for auto in (_auto(space), transformers.AutoModel):
        loaded, about = auto.from_pretrained(tmp_path / "model", output_loading_info=True)
        assert {name: len(found) for name, found in about.items() if found} == {}
        assert not loaded.training
        ids = _ids(space)
        own: Any = space.build(architecture, SEED)
        assert torch.equal(loaded(ids).logits, own.logits(ids))


def test_loss_states_attentions_and_gradients_are_those_of_the_space(small: Small) -> None:
    space, _ = small
    model, own = _around(small)
    ids = _ids(space)
    labels = ids.clone()
    labels[:, 1::3] = -100
    output = model(ids, labels=labels, output_attentions=True, output_hidden_states=True)
    expected = own(ids, labels, output_attentions=True, output_hidden_states=True)
    assert torch.equal(output.loss, expected.loss)
    assert all(map(torch.equal, output.hidden_states, expected.hidden_states))
    # a recurrent model has none
    pairs = list(zip(output.attentions or (), expected.attentions or (), strict=True))
    assert all(a is None if b is None else torch.equal(a, b) for a, b in pairs)
    output.loss.backward()
    expected.loss.backward()
    for (name, found), (own_name, wanted) in zip(model.named_parameters(), own.named_parameters(), strict=True):
        assert name == f"model.{own_name}"
        assert (found.grad is None) == (wanted.grad is None)
        assert found.grad is None or torch.equal(found.grad, wanted.grad)


def test_the_sites_are_those_of_the_space_under_the_names_that_they_have_here(small: Small) -> None:
    model, own = _around(small)
    inner: Any = own
    site_map, wanted = model.site_map(), inner.site_map()
    parameters, modules = dict(model.named_parameters()), dict(model.named_modules())
    for site, expected in zip(site_map.parameters, wanted.parameters, strict=True):
        assert (site.layer, site.role, site.group) == (expected.layer, expected.role, expected.group)
        assert torch.equal(parameters[site.parameter], own.get_parameter(expected.parameter))
    assert all(site.module in modules for site in site_map.outputs)
    assert model.get_input_embeddings() is modules[site_map.embedding]
    assert model.get_input_embeddings()(_ids(small[0])).ndim == 3


def test_what_is_not_asked_for_is_not_there(tiny_gpt2: Small) -> None:
    model, _ = _around(tiny_gpt2)
    ids = _ids(tiny_gpt2[0])
    assert list(model(ids)) == ["logits"]
    assert list(model(ids, output_hidden_states=True)) == ["logits", "hidden_states"]
    assert list(model(ids, labels=ids)) == ["loss", "logits"]
    loss, logits = model(ids, labels=ids, return_dict=False)
    assert loss.ndim == 0
    assert logits.shape == (2, 7, tiny_gpt2[0].vocabulary)
    model.config.output_attentions = True
    assert list(model(ids)) == ["logits", "attentions"]


def test_states_of_a_single_token_need_labels_that_a_causal_model_cannot_have(
    tiny_gpt2: Small, tiny_flexibert: Small
) -> None:
    causal, masked = _around(tiny_gpt2)[0], _around(tiny_flexibert)[0]
    one = torch.ones(1, 1, dtype=torch.long)
    assert causal(one).logits.shape[:2] == (1, 1)
    assert len(masked(one, output_hidden_states=True).hidden_states) == 3
    with pytest.raises(InputError, match=r"input_ids: expected 2 tokens .* found a single one"):
        causal(one, output_hidden_states=True)


def test_a_mask_that_hides_something_is_refused(tiny_flexibert: Small) -> None:
    model, _ = _around(tiny_flexibert)
    ids = _ids(tiny_flexibert[0])
    mask = torch.ones_like(ids)
    assert torch.equal(model(ids, attention_mask=mask).logits, model(ids).logits)
    assert torch.equal(model(ids, attention_mask=mask.bool()).logits, model(ids).logits)
    mask[1, 3:] = 0
    with pytest.raises(InputError, match="attention_mask: expected ones alone"):
        model(ids, attention_mask=mask)


def test_too_many_tokens_are_refused_as_the_space_does(tiny_gpt2: Small) -> None:
    with pytest.raises(InputError, match="at most 64 tokens, found 65"):
        _around(tiny_gpt2)[0](_ids(tiny_gpt2[0], 65))


def test_without_weights_they_are_drawn_as_the_space_draws_them(small: Small, tmp_path: Path) -> None:
    space, architecture = small
    write_configuration(tmp_path / "model", space, architecture)
    config = transformers.AutoConfig.from_pretrained(tmp_path / "model")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        seed = int(torch.randint(2**63 - 1, ()))
        torch.manual_seed(0)
        model = _auto(space).from_config(config)
    expected = space.build(architecture, seed)
    for found, wanted in zip(model.parameters(), expected.parameters(), strict=True):
        assert torch.equal(found, wanted)


def test_a_weight_that_the_file_lacks_is_drawn_and_the_others_are_kept(tiny_gpt2: Small, tmp_path: Path) -> None:
    space, architecture = tiny_gpt2
    write_model(tmp_path / "model", space, architecture, SEED)
    file = tmp_path / "model" / "model.safetensors"
    kept = load_file(file)
    dropped = [kept.pop(f"model.blocks.1.operation.{name}") for name in ("query.weight", "query.bias")]
    save_file(kept, file, metadata={"format": "pt"})
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model, about = transformers.AutoModel.from_pretrained(tmp_path / "model", output_loading_info=True)
    assert about["missing_keys"] == {"model.blocks.1.operation.query.weight", "model.blocks.1.operation.query.bias"}
    query = model.model.blocks[1].operation.query
    assert 0.015 < float(query.weight.detach().std()) < 0.025
    assert not torch.equal(query.weight, dropped[0])
    assert not query.bias.detach().any()
    assert all(torch.equal(model.get_parameter(name), weight) for name, weight in kept.items())


def test_another_number_format_is_loaded(tiny_gpt2: Small, tmp_path: Path) -> None:
    write_model(tmp_path / "model", *tiny_gpt2, SEED)
    model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "model", dtype=torch.bfloat16)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}
    assert model(_ids(tiny_gpt2[0])).logits.dtype is torch.bfloat16


def test_copies_and_pickles_are_the_same_model(tiny_gpt2: Small) -> None:
    model, _ = _around(tiny_gpt2)
    ids = _ids(tiny_gpt2[0])
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301  (written a moment ago)
        assert type(other) is type(model)
        assert torch.equal(other(ids).logits, model(ids).logits)


def test_a_model_that_is_there_is_taken_as_it_is(tiny_gpt2: Small) -> None:
    space, architecture = tiny_gpt2
    state = torch.random.get_rng_state()
    own = space.build(architecture, SEED)
    model = classes_of(space.name).model.around(configuration_of(space, architecture), own.train())
    assert model.model is own
    assert model.training
    assert isinstance(model, LpzeroModel)
    assert torch.equal(torch.random.get_rng_state(), state)
