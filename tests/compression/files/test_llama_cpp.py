"""GGUF files in llama.cpp itself: the logits are those of the model that was measured.

``LPZERO_LLAMA_PYTHON`` names a Python with the package llama-cpp-python.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from lpzero.compression.files.folder import write_checkpoint
from lpzero.compression.files.gguf_file import FILE
from tests.compression.files.cases import CHOICES, logits, smaller, write_tokenizer

RUN = """
import sys
import numpy as np
from llama_cpp import Llama
model = Llama(sys.argv[1], n_ctx=64, logits_all=True, type_k=0, type_v=0, n_threads=1, verbose=False)
ids = np.load(sys.argv[2])
model.eval(ids.tolist())
np.save(sys.argv[3], np.array(model.scores[: len(ids)]))
"""
SIZES = {"hidden_size": 64, "head_dim": 16, "intermediate_size": 96, "vocab_size": 300, "max_position_embeddings": 64}


@pytest.mark.slow
@pytest.mark.parametrize("choice", CHOICES)
def test_llama_cpp_says_what_the_model_says(choice: str, tmp_path: Path) -> None:
    python = os.environ.get("LPZERO_LLAMA_PYTHON")
    if python is None:
        pytest.skip("LPZERO_LLAMA_PYTHON names no Python with llama-cpp-python")
    found = smaller(tmp_path / "m", "llama", choice, **SIZES)
    write_tokenizer(tmp_path / "m")
    write_checkpoint(found.model, found.layout, found.choice, found.source, tmp_path / "out", form="gguf")
    ids = torch.randint(2, 300, (40,), generator=torch.Generator().manual_seed(1))
    np.save(tmp_path / "ids.npy", ids.numpy())
    files = [str(tmp_path / "out" / FILE), str(tmp_path / "ids.npy"), str(tmp_path / "said.npy")]
    subprocess.run([python, "-c", RUN, *files], check=True, capture_output=True)
    expected = logits(found.model, ids.unsqueeze(0))[0].numpy()
    error = np.abs(np.load(tmp_path / "said.npy") - expected).max() / np.abs(expected).max()
    assert error < 1e-4
