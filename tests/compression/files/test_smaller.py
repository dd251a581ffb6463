"""What files of a smaller model need to know of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.compression.files.saved import INDEX
from lpzero.compression.files.smaller import check_smaller
from lpzero.errors import InputError
from tests.compression.files.cases import smaller


def test_tied_weights_are_one_tensor(tmp_path: Path) -> None:
    found = smaller(tmp_path / "tied", "llama")
    assert {"model.embed_tokens.weight", "lm_head.weight"} - set(found.tensors) == {"lm_head.weight"}
    apart = smaller(tmp_path / "apart", "llama", tie_word_embeddings=False)
    assert "lm_head.weight" in apart.tensors
    assert sum(map(torch.Tensor.numel, found.tensors.values())) == sum(p.numel() for p in found.model.parameters())


def test_sizes_are_those_of_the_layers_that_stay(tmp_path: Path) -> None:
    found = smaller(tmp_path / "m", choice="shallow")
    assert (found.groups, found.neurons) == ((2, 2), (10, 10))
    assert found.with_depth()["num_hidden_layers"] == 2


def test_names_and_kinds_of_layers_are_those_of_the_family(tmp_path: Path) -> None:
    assert smaller(tmp_path / "gpt2", "gpt2", "shallow").with_depth()["n_layer"] == 2
    assert smaller(tmp_path / "qwen3", "qwen3", "shallow").with_depth()["layer_types"] == ["full_attention"] * 2


def test_number_format_and_shards_are_those_of_the_files(tmp_path: Path) -> None:
    found = smaller(tmp_path / "m")
    assert found.dtype == torch.float32
    assert found.shard_bytes == 0
    config = tmp_path / "m" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"dtype": "bfloat16"}))
    shard = (tmp_path / "m" / "model.safetensors").rename(tmp_path / "m" / "model-1.safetensors")
    (tmp_path / "m" / INDEX).write_text(json.dumps({"weight_map": {"lm_head.weight": shard.name}}))
    again = replace(found)
    assert again.dtype == torch.bfloat16
    assert again.shard_bytes == shard.stat().st_size


def test_another_model_is_refused(tmp_path: Path) -> None:
    found = smaller(tmp_path / "m")
    other = replace(found, choice=Choice((LayerChoice(0, (0,), (0,)),)))
    with pytest.raises(InputError, match="expected a model of 1 layers, those that were chosen, found one of 3"):
        check_smaller(other)
