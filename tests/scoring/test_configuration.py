"""Models of transformers from their configuration: which class they are of, and which weights they have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from lpzero.errors import InputError
from lpzero.scoring.configuration import build_from_configuration

GPT2 = {"model_type": "gpt2", "n_layer": 2, "n_embd": 16, "n_head": 2, "vocab_size": 90, "n_positions": 32}
BERT = {
    **{"model_type": "bert", "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2},
    **{"intermediate_size": 16, "vocab_size": 90, "max_position_embeddings": 32},
}


def _written(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model: Any = build_from_configuration(_written(folder / "gpt2.json", GPT2))[0]
    model.save_pretrained(folder / "model")
    return folder / "model"


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (GPT2, "GPT2LMHeadModel"),
        (BERT, "BertForMaskedLM"),
        ({**BERT, "is_decoder": True}, "BertLMHeadModel"),
        ({**BERT, "architectures": ["BertLMHeadModel"]}, "BertLMHeadModel"),
        ({**BERT, "architectures": ["BertForPreTraining"]}, "BertForMaskedLM"),
    ],
)
def test_the_class_is_the_one_with_the_loss_of_its_kind(tmp_path: Path, document: Any, kind: str) -> None:
    model, config = build_from_configuration(_written(tmp_path / "x.json", document))
    assert type(model).__name__ == kind
    assert config.model_type == document["model_type"]
    # only this one shows its probabilities
    assert config._attn_implementation == "eager"


def test_weights_that_lie_beside_it_are_used(saved: Path) -> None:
    model, _ = build_from_configuration(saved)
    for name, value in load_file(saved / "model.safetensors").items():
        assert torch.equal(model.state_dict()[name], value), name


def test_without_weights_they_are_drawn_from_the_global_generator(tmp_path: Path, saved: Path) -> None:
    file = _written(tmp_path / "config.json", GPT2)

    def drawn(seed: int, path: Path) -> torch.Tensor:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            value: torch.Tensor = build_from_configuration(path)[0].state_dict()["transformer.wte.weight"]
        return value

    assert torch.equal(drawn(0, file), drawn(0, tmp_path))
    assert not torch.equal(drawn(0, file), drawn(1, file))
    assert torch.equal(drawn(0, saved), drawn(1, saved))


def test_a_pickle_is_refused_before_it_is_read(tmp_path: Path) -> None:
    _written(tmp_path / "config.json", GPT2)
    (tmp_path / "pytorch_model.bin").write_bytes(b"not even a pickle")
    with pytest.raises(InputError, match=r"expected weights as safetensors, found a pickle, pytorch_model\.bin, which"):
        build_from_configuration(tmp_path)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "expected a JSON object, found list"),
        ({}, "expected a transformers configuration with a model_type, found none"),
        ({"model_type": 3}, "with a model_type, found none"),
        ({"model_type": "nope"}, "transformers knows no model_type 'nope'"),
        ({**GPT2, "n_layer": 0}, "expected at least 1 layer, found 0"),
        ({"model_type": "vit"}, "vit has no causal or masked language model in transformers"),
        (
            {"model_type": "lpzero-gpt2", "space": "gpt2"},
            "expected space, protocol and architecture, found no protocol",
        ),
    ],
)
def test_what_is_no_language_model_is_said_with_its_file(tmp_path: Path, document: Any, words: str) -> None:
    file = _written(tmp_path / "c.json", document)
    with pytest.raises(InputError) as caught:
        build_from_configuration(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"config\.json: no such file"):
        build_from_configuration(tmp_path)
