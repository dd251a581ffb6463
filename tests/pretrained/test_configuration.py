"""Configurations: what they say follows from the architecture, and what does not follow is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoConfig

from lpzero.errors import InputError
from lpzero.pretrained.configuration import LpzeroConfig
from lpzero.pretrained.registration import configuration_of
from lpzero.spaces import Architecture, SearchSpace

Small = tuple[SearchSpace, Architecture]


def test_a_configuration_comes_back_as_it_was(small: Small, tmp_path: Path) -> None:
    space, architecture = small
    config = configuration_of(space, architecture)
    config.save_pretrained(tmp_path)
    read = AutoConfig.from_pretrained(tmp_path)
    assert type(read) is type(config)
    assert read.point() == architecture
    assert read.search_space() == space
    assert read.to_diff_dict() == config.to_diff_dict()


def test_its_numbers_are_those_of_the_space_and_stand_in_the_file(small: Small, tmp_path: Path) -> None:
    space, architecture = small
    configuration_of(space, architecture).save_pretrained(tmp_path)
    document = json.loads((tmp_path / "config.json").read_text())
    assert document["model_type"] == f"lpzero-{space.name}"
    assert document["vocab_size"] == space.vocabulary
    assert document["hidden_size"] == space.width(architecture)
    assert document["num_hidden_layers"] == architecture.depth
    assert document["max_position_embeddings"] == space.max_tokens


WRONG = [
    ({"architecture": None}, "expected space, protocol and architecture, found no architecture"),
    ({"space": None}, "found no space"),
    ({"space": "gpt3"}, "unknown space 'gpt3'"),
    ({"space": "flexibert"}, "space is 'gpt2': expected 'flexibert'"),
    ({"protocol": "huge"}, "unknown protocol 'huge'"),
    ({"architecture": {"space": "gpt2"}}, "expected an object with the keys space, whole, layers"),
    ({"vocab_size": 50257}, "vocab_size is 50257: expected 257"),
    ({"num_hidden_layers": 12}, "num_hidden_layers is 12: expected 2"),
    ({"checkpoint": {"model_type": "llama"}}, "checkpoint: hidden_size: Field required"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_what_does_not_fit_is_refused(tiny_gpt2: Small, changes: dict[str, Any], words: str) -> None:
    space, architecture = tiny_gpt2
    given: dict[str, Any] = {"space": space.name, "protocol": "own", "architecture": architecture.to_json()}
    if "protocol" not in changes and "space" in changes:
        given["protocol"] = "own"
    with pytest.raises(InputError) as caught:
        LpzeroConfig(**given | changes)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_value_outside_the_space_is_refused_with_the_valid_ones(tiny_gpt2: Small) -> None:
    document = tiny_gpt2[1].to_json()
    document["layers"][1]["heads"] = 5
    with pytest.raises(InputError, match="layer 1: heads is 5: expected one of 2, 4, 8"):
        LpzeroConfig(space="gpt2", protocol="own", architecture=document)
