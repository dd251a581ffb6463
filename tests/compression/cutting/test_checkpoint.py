"""Folders of checkpoints: those that are read, and those that are refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from lpzero.compression.cutting.checkpoint import load_checkpoint
from lpzero.errors import InputError
from tests.compression.tiny import checkpoint_folder, tiny


def changed(folder: Path, **values: Any) -> None:
    document = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(document | values))


@pytest.mark.parametrize("family", ["llama", "bert"])
def test_a_checkpoint_is_read_as_it_is(tmp_path: Path, family: str) -> None:
    model = load_checkpoint(checkpoint_folder(tmp_path, family))
    assert not model.training
    expected = tiny(family).state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in model.state_dict().items())


def test_shards_and_bfloat16_are_read(tmp_path: Path) -> None:
    whole: Any = tiny("llama")
    whole.to(torch.bfloat16).save_pretrained(tmp_path, max_shard_size="8KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    model = load_checkpoint(tmp_path)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"with config.json, found none"):
        load_checkpoint(tmp_path)
    folder = checkpoint_folder(tmp_path)
    changed(folder, model_type="mamba")
    with pytest.raises(InputError, match="found model_type mamba"):
        load_checkpoint(folder)
    changed(folder, model_type="llama", quantization_config={"quant_method": "gptq"})
    with pytest.raises(InputError, match="found a quantised one"):
        load_checkpoint(folder)
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(InputError, match="found adapters"):
        load_checkpoint(folder)


def test_pickles_and_damaged_weights_are_refused(tmp_path: Path) -> None:
    folder = checkpoint_folder(tmp_path)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(InputError, match="cannot read the checkpoint"):
        load_checkpoint(folder)
    weights.rename(folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"found pytorch_model.bin, a pickle"):
        load_checkpoint(folder)


def test_a_checkpoint_of_another_depth_is_refused(tmp_path: Path) -> None:
    folder = checkpoint_folder(tmp_path)
    changed(folder, num_hidden_layers=4)
    with pytest.raises(InputError, match=r"found none that fit for model.layers.3"):
        load_checkpoint(folder)
