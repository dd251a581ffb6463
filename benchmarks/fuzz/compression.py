"""Readers of compression: the tokenizer that goes into a GGUF file, the state of a recovery, a kept answer."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.fuzz.inputs import written

BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
IDS = 8


def tokenizer(data: bytes, folder: Path) -> None:
    """A ``tokenizer.json``, for GGUF."""
    from gguf import GGUFWriter

    from lpzero.compression.files.gguf_tokenizer import TOKENIZER, write_tokenizer

    written(data, folder, TOKENIZER)
    write_tokenizer(GGUFWriter(None, "deci"), folder, IDS)


def tokenizers() -> tuple[str, ...]:
    """Valid ones."""
    model = {"type": "BPE", "vocab": {"a": 1, "b": 2, "ab": 3}, "merges": [["a", "b"]]}
    added = [{"id": 0, "content": "<end>", "special": True}]
    whole: dict[str, Any] = {"added_tokens": added, "pre_tokenizer": BYTES, "model": model}
    older = {**whole, "model": {**model, "merges": ["a b"]}}
    return json.dumps(whole), json.dumps(older)


def _learning() -> tuple[list[Any], Any]:
    import torch

    weights = [torch.nn.Parameter(torch.zeros(2))]
    return weights, torch.optim.AdamW(weights)


def state(data: bytes, folder: Path) -> None:
    """The state of a recovery."""
    from lpzero.compression.recovery.state import STATE, load_state

    written(data, folder, STATE)
    load_state(folder, *_learning(), "start")


@cache
def states() -> tuple[str, ...]:
    """A valid one."""
    from lpzero.compression.recovery.state import STATE, Point, save_state

    weights, optimiser = _learning()
    # numbers whose bytes are letters of text, as all inputs are
    (0 * weights[0].sum()).backward()
    optimiser.step()
    with tempfile.TemporaryDirectory() as folder:
        save_state(Path(folder), weights, optimiser, [Point(1, 0.5, 3.0, 1.0)], "start")
        return ((Path(folder) / STATE).read_bytes().decode(),)


READERS = (
    ("tokenizer.json, for GGUF", tokenizer, tokenizers),
    ("recovery.safetensors", state, states),
)
"""Name, reader, and its valid documents."""
