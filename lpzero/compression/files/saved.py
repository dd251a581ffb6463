"""What a folder really holds: parameters and bytes, counted from its files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from lpzero.settings import read_document

INDEX, SINGLE = "model.safetensors.index.json", "model.safetensors"
"""The files that transformers looks for."""


@dataclass(frozen=True)
class Saved:
    """A smaller model on disk.

    Attributes:
        folder: Where.
        form: ``"plain"``, ``"own_code"``, ``"block_configs"`` or ``"gguf"``.
        parameters: Numbers in its files of weights.
        bytes: Bytes of all its files.
        filling: Of the parameters those that are zeros or ones for a reader's sake, and change no answer.
    """

    folder: Path
    form: str
    parameters: int
    bytes: int
    filling: int


def count_parameters(folder: Path) -> int:
    """Numbers in the safetensors of a folder that transformers reads, by their headers."""
    return sum(map(_of_safetensors, weight_files(folder)))


def weight_files(folder: Path) -> list[Path]:
    """The safetensors that transformers reads of a folder: other tools' copies of the weights may lie beside them."""
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    if (folder / INDEX).is_file():
        named: object = read_document(folder / INDEX).get("weight_map")
        if isinstance(named, dict):
            return sorted({folder / str(name) for name in named.values()})
    return sorted(folder.glob("*.safetensors"))


def count_gguf(path: Path) -> int:
    """Numbers in a GGUF file, by its header."""
    from gguf import GGUFReader

    return sum(int(tensor.n_elements) for tensor in GGUFReader(path).tensors)


def count_bytes(folder: Path) -> int:
    """Bytes of all files of a folder."""
    return sum(path.stat().st_size for path in folder.iterdir())


def _of_safetensors(path: Path) -> int:
    from safetensors import safe_open

    with safe_open(path, "np") as file:
        return sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118 - no mapping
