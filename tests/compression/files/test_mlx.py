"""Folders of ``block_configs`` in MLX itself: the logits are those of the model that was measured.

``LPZERO_MLX_PYTHON`` names a Python with the package mlx-lm, which runs on the CPU too (``mlx[cpu]`` and ``mlx-lm``).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from lpzero.compression.files.folder import write_checkpoint
from tests.compression.files.cases import CHOICES, logits, smaller, write_tokenizer

RUN = """
import sys
from pathlib import Path
import mlx.core as mx
import numpy as np
from mlx_lm.models.cache import make_prompt_cache
from mlx_lm.utils import load_model
mx.set_default_device(mx.cpu)
model, _ = load_model(Path(sys.argv[1]))
ids = mx.array(np.load(sys.argv[2]))
whole = np.array(model(ids))
cache = make_prompt_cache(model)
parts = [np.array(model(ids[:, :25], cache=cache)), np.array(model(ids[:, 25:], cache=cache))]
np.save(sys.argv[3], np.stack([whole, np.concatenate(parts, 1)]))
"""
SIZES = {"hidden_size": 64, "head_dim": 16, "intermediate_size": 96, "vocab_size": 300, "max_position_embeddings": 64}
ROTARY = {"rope_type": "default", "rope_theta": 70_000.0}


@pytest.mark.slow
@pytest.mark.parametrize("choice", CHOICES)
def test_mlx_says_what_the_model_says(choice: str, tmp_path: Path) -> None:
    python = os.environ.get("LPZERO_MLX_PYTHON")
    if python is None:
        pytest.skip("LPZERO_MLX_PYTHON names no Python with mlx-lm")
    found = smaller(tmp_path / "m", "llama", choice, rope_parameters=ROTARY, **SIZES)
    write_tokenizer(tmp_path / "m")
    write_checkpoint(found.model, found.layout, found.choice, found.source, tmp_path / "out", form="block_configs")
    ids = torch.randint(2, 300, (1, 40), generator=torch.Generator().manual_seed(1))
    np.save(tmp_path / "ids.npy", ids.numpy())
    files = [str(tmp_path / "out"), str(tmp_path / "ids.npy"), str(tmp_path / "said.npy")]
    subprocess.run([python, "-c", RUN, *files], check=True, capture_output=True)
    expected = logits(found.model, ids)[0].numpy()
    error = np.abs(np.load(tmp_path / "said.npy")[:, 0] - expected).max() / np.abs(expected).max()
    assert error < 1e-4
