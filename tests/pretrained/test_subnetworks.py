"""Sub-networks without their checkpoint: the same shapes and counts as with it, and nothing to build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from lpzero.errors import InputError, LpzeroError
from lpzero.pretrained.configuration import LpzeroConfig
from lpzero.pretrained.registration import configuration_of
from lpzero.pretrained.subnetworks import checkpoint_document, subnetwork_space
from lpzero.spaces import get_space
from lpzero.spaces.llama.space import Llama, open_subnetworks

NUMBERS: dict[str, Any] = {
    **{"vocab_size": 31, "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 4},
    **{"num_key_value_heads": 2, "intermediate_size": 24, "max_position_embeddings": 12},
    **{"rms_norm_eps": 0.01, "rope_theta": 50.0},
}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Llama:
    folder = tmp_path_factory.mktemp("checkpoint")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        LlamaForCausalLM(LlamaConfig(**NUMBERS)).save_pretrained(folder)
    return open_subnetworks(folder)


@pytest.fixture
def document(space: Llama) -> dict[str, Any]:
    found = checkpoint_document(space)
    assert found is not None
    again: dict[str, Any] = json.loads(json.dumps(found))
    return again


def test_a_space_is_the_same_without_its_checkpoint(space: Llama, document: dict[str, Any]) -> None:
    alone = subnetwork_space(space.protocol, document)
    assert (alone.protocol, alone.base, alone.pretrained) == (space.protocol, space.base, True)
    assert (alone.size, alone.vocabulary, alone.max_tokens) == (space.size, 31, 12)
    rng, again = (np.random.default_rng(0) for _ in range(2))
    for _ in range(20):
        architecture = space.sample(rng)
        assert alone.sample(again) == architecture
        alone.validate(architecture)
        assert alone.key(architecture) == space.key(architecture)
        assert alone.parameter_counts(architecture) == space.parameter_counts(architecture)
    assert checkpoint_document(alone) == document


def test_it_can_build_nothing(space: Llama, document: dict[str, Any]) -> None:
    alone = subnetwork_space(space.protocol, document)
    with pytest.raises((LpzeroError, KeyError)):
        alone.build(alone.sample(np.random.default_rng(0)), 0)


def test_the_document_is_a_configuration_of_transformers(document: dict[str, Any]) -> None:
    config = LlamaConfig(**document)
    assert {name: getattr(config, name) for name in NUMBERS if name != "rope_theta"} == {
        name: value for name, value in NUMBERS.items() if name != "rope_theta"
    }


def test_a_saved_configuration_finds_its_space_where_the_checkpoint_is_not(space: Llama, tmp_path: Path) -> None:
    architecture = space.sample(np.random.default_rng(1))
    configuration_of(space, architecture).save_pretrained(tmp_path)
    written = json.loads((tmp_path / "config.json").read_text())
    assert str(space.reference) not in json.dumps(written)
    kept = {name: written[name] for name in ("space", "protocol", "architecture", "checkpoint")}
    config = LpzeroConfig(**kept)
    assert config.point() == architecture
    assert config.search_space().parameter_counts(architecture) == space.parameter_counts(architecture)


@pytest.mark.parametrize("names", [("llama", "160m"), ("llama", "own"), ("gpt2", "own")])
def test_other_spaces_have_no_such_document(names: tuple[str, str]) -> None:
    assert checkpoint_document(get_space(*names)) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hidden_size": "wide"}, "checkpoint: hidden_size: .*, found 'wide'"),
        ({"model_type": "gpt2"}, "checkpoint: model_type: "),
        ({"num_hidden_layers": 0}, "checkpoint: num_hidden_layers: .*, found 0"),
        ({"attention_bias": True}, "checkpoint: attention_bias: "),
        ({"num_attention_heads": 3}, "checkpoint: num_attention_heads: expected a multiple of num_key_value_heads 2"),
    ],
)
def test_what_is_no_configuration_names_its_key(
    space: Llama, document: dict[str, Any], change: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=f"^{words}"):
        subnetwork_space(space.protocol, {**document, **change})


def test_a_protocol_of_something_else_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="own"):
        subnetwork_space("own", document)
