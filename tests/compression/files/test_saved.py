"""Sizes, counted from files."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file

from lpzero.compression.files.saved import count_bytes, count_parameters


def test_numbers_of_all_shards_are_counted(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(3, 4), "b": torch.zeros(())}, tmp_path / "model-1.safetensors")
    save_file({"c": torch.zeros(5, dtype=torch.bfloat16)}, tmp_path / "model-2.safetensors")
    (tmp_path / "config.json").write_text("{}")
    assert count_parameters(tmp_path) == 12 + 1 + 5
    assert count_bytes(tmp_path) == sum(path.stat().st_size for path in tmp_path.iterdir())


def test_copies_of_the_weights_that_other_tools_read_are_left_out(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(3, 4)}, tmp_path / "model.safetensors")
    save_file({"a": torch.zeros(3, 4)}, tmp_path / "consolidated.safetensors")
    assert count_parameters(tmp_path) == 12
    # transformers reads an index where there is no single file alone
    save_file({"a": torch.zeros(7)}, tmp_path / "model-1.safetensors")
    (tmp_path / "model.safetensors.index.json").write_text('{"weight_map": {"a": "model-1.safetensors"}}')
    assert count_parameters(tmp_path) == 12
    (tmp_path / "model.safetensors").unlink()
    assert count_parameters(tmp_path) == 7
