"""A smaller model with all that its files need: its layout, what stays, and the folder of the checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.layout import Layout
from lpzero.compression.files.saved import SINGLE, weight_files
from lpzero.errors import InputError
from lpzero.pretrained.whole import CONFIGURATION
from lpzero.settings import read_document

_DTYPES = MappingProxyType({"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16})


@dataclass(frozen=True)
class Smaller:
    """A checkpoint that was cut.

    Attributes:
        model: What :func:`lpzero.compression.cutting.cut.cut` made, with whatever was learned since; it is only read.
        layout: The layout of the checkpoint.
        choice: What stays of it.
        source: The folder of the checkpoint, as transformers saves one; it is only read.
    """

    model: nn.Module
    layout: Layout
    choice: Choice
    source: Path

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The configuration of the checkpoint, as its folder has it.

        Raises:
            InputError: There is none, or it is damaged.
        """
        return MappingProxyType(read_document(self.source / CONFIGURATION))

    @property
    def config(self) -> Any:
        """The configuration that the model has in memory."""
        return self.model.config

    @property
    def groups(self) -> tuple[int, ...]:
        """Key-value groups of each layer that stays."""
        return tuple(len(self.choice.layers[layer].groups) for layer in self.choice.kept)

    @property
    def neurons(self) -> tuple[int, ...]:
        """Feed-forward neurons of each layer that stays."""
        return tuple(len(self.choice.layers[layer].neurons) for layer in self.choice.kept)

    @property
    def dtype(self) -> torch.dtype:
        """The number format of the checkpoint's files."""
        named = str(self.document.get("dtype") or self.document.get("torch_dtype")).removeprefix("torch.")
        found: torch.dtype = next(self.model.parameters()).dtype
        return _DTYPES.get(named, found)

    @property
    def shard_bytes(self) -> int:
        """Bytes of the largest file of weights of the checkpoint; 0 where it has one alone."""
        files = weight_files(self.source)
        return 0 if len(files) == 1 and files[0].name == SINGLE else max(path.stat().st_size for path in files)

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        """Every tensor that a file holds, by name: of those that share their memory the first alone."""
        seen: set[int] = set()
        found: dict[str, Tensor] = {}
        for name, tensor in self.model.state_dict().items():
            # what is tied is the same storage under several names
            if tensor.data_ptr() in seen and tensor.numel():
                continue
            seen.add(tensor.data_ptr())
            found[name] = tensor
        return found

    def with_depth(self) -> dict[str, Any]:
        """The configuration of the checkpoint with as many layers as stay."""
        names: Mapping[str, str] = getattr(type(self.config), "attribute_map", {})
        document = dict(self.document)
        document[names.get("num_hidden_layers", "num_hidden_layers")] = len(self.choice.kept)
        kinds = document.get("layer_types")
        if isinstance(kinds, list):
            document["layer_types"] = [kinds[layer] for layer in self.choice.kept]
        return document


def check_smaller(smaller: Smaller) -> None:
    """Raise InputError where a model is not what its choice says."""
    config = smaller.config
    if getattr(config, "num_hidden_layers", None) != len(smaller.choice.kept):
        raise InputError(
            f"expected a model of {len(smaller.choice.kept)} layers, those that were chosen, found one of "
            f"{getattr(config, 'num_hidden_layers', 'none')}"
        )
