"""The folder of a checkpoint, read into a model of transformers; what cannot be cut is refused before that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from lpzero.compression.cutting.families import FAMILIES
from lpzero.errors import InputError
from lpzero.settings import one_line, read_document, reason_of

CONFIGURATION, ADAPTERS = "config.json", "adapter_config.json"


def load_checkpoint(folder: Path, device: str = "cpu") -> nn.Module:
    """Read a checkpoint, in evaluation mode and in its own number format.

    Args:
        folder: As transformers saves a model: ``config.json`` and safetensors, one file or shards.
        device: Where it goes.

    Raises:
        InputError: It is no such folder, its weights are a pickle, damaged or another model's, it is quantised, has
            adapters, or is of a family whose blocks are not known.
    """
    folder = Path(folder)
    document = check_usable(folder)
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

    from lpzero.pretrained.bars import without_bars

    family = str(document["model_type"])
    auto: Any = AutoModelForMaskedLM if FAMILIES[family].objective == "masked" else AutoModelForCausalLM
    try:
        with without_bars():
            model, info = auto.from_pretrained(
                folder,
                dtype="auto",
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
            )
    except Exception as err:
        # transformers and safetensors have many kinds of errors for files that do not fit together
        raise InputError(f"{folder}: transformers cannot read the checkpoint: {reason_of(err)}") from err
    missing = sorted(info["missing_keys"])
    if missing or info["mismatched_keys"]:
        named = one_line(missing[0] if missing else str(sorted(map(str, info["mismatched_keys"]))[0]), 100)
        raise InputError(
            f"{folder}: expected weights for all of {type(model).__name__}, found none that fit for {named}"
        )
    whole: nn.Module = model.to(device).eval()
    return whole


def check_usable(folder: Path) -> dict[str, object]:
    """The configuration of a checkpoint that can be cut; raises InputError as :func:`load_checkpoint` does."""
    if (folder / ADAPTERS).is_file():
        raise InputError(
            f"{folder}: expected a whole checkpoint, found adapters ({ADAPTERS}): merge them into it first"
        )
    if not (folder / CONFIGURATION).is_file():
        raise InputError(f"{folder}: expected the folder of a checkpoint with {CONFIGURATION}, found none")
    document = read_document(folder / CONFIGURATION)
    if document.get("quantization_config") is not None:
        raise InputError(
            f"{folder}: expected a checkpoint in float32, bfloat16 or float16, found a quantised one: give the original"
        )
    family = document.get("model_type")
    if family not in FAMILIES:
        raise InputError(
            f"{folder}: expected a model whose blocks are known ({', '.join(FAMILIES)}), found model_type "
            f"{one_line(str(family), 60)}"
        )
    if not any(folder.glob("*.safetensors")):
        pickles = sorted(path.name for pattern in ("*.bin", "*.pt", "*.pth") for path in folder.glob(pattern))
        found = f"{pickles[0]}, a pickle, which may run code when it is read" if pickles else "none"
        raise InputError(f"{folder}: expected weights as safetensors, found {found}: save the model as safetensors")
    return document
