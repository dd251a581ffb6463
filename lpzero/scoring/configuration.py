"""A model of transformers, from its configuration: as a JSON file, or in a folder, perhaps with weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from lpzero.errors import InputError, LpzeroError
from lpzero.scoring.python_file import called
from lpzero.settings import read_document

CONFIGURATION = "config.json"


def build_from_configuration(path: Path) -> tuple[nn.Module, Any]:
    """The model of a configuration, with the weights that lie beside it or untrained, and the configuration itself.

    Args:
        path: A JSON file, or a folder.

    Raises:
        InputError: It is no configuration of a language model, transformers refuses it, or the weights are a pickle.
        LpzeroError: Building the model failed.
    """
    file = path / CONFIGURATION if path.is_dir() else path
    settings = read_document(file)
    from transformers import AutoConfig

    from lpzero.pretrained import register
    from lpzero.pretrained.bars import without_bars

    register()
    kind = settings.pop("model_type", None)
    if not isinstance(kind, str):
        raise InputError(f"{file}: expected a transformers configuration with a model_type, found none")
    try:
        config = AutoConfig.for_model(kind, **settings)
    except LpzeroError as err:
        raise InputError(f"{file}: {err}") from err
    except ValueError:
        raise InputError(f"{file}: transformers knows no model_type {kind!r}") from None
    except Exception as err:
        raise InputError(f"{file}: transformers refuses the configuration: {str(err).splitlines()[0]}") from err
    layers = getattr(config, "num_hidden_layers", 1)
    if isinstance(layers, int) and layers < 1:
        raise InputError(f"{file}: expected at least 1 layer, found {layers}")
    if path.is_dir() and not list(path.glob("*.safetensors")) and (pickles := sorted(path.glob("*.bin"))):
        raise InputError(
            f"{path}: expected weights as safetensors, found a pickle, {pickles[0].name}, which may run code: "
            "convert it"
        )
    auto = _auto_class(config, file)
    if path.is_dir() and list(path.glob("*.safetensors")):
        with without_bars():
            made = called(
                lambda: auto.from_pretrained(
                    path, local_files_only=True, use_safetensors=True, attn_implementation="eager"
                ),
                str(path),
            )
    else:
        made = called(lambda: auto.from_config(config, attn_implementation="eager"), str(file))
    model: nn.Module = made
    return model, config


def _auto_class(config: Any, file: Path) -> Any:
    """The auto class with a language-model loss: the masked one where the configuration says so."""
    from transformers import (
        MODEL_FOR_CAUSAL_LM_MAPPING,
        MODEL_FOR_MASKED_LM_MAPPING,
        MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING,
        AutoModelForCausalLM,
        AutoModelForMaskedLM,
        AutoModelForSeq2SeqLM,
    )

    masked = type(config) in MODEL_FOR_MASKED_LM_MAPPING and not getattr(config, "is_decoder", False)
    names = getattr(config, "architectures", None) or []
    if masked and not any("CausalLM" in name or "LMHeadModel" in name for name in names):
        return AutoModelForMaskedLM
    if type(config) in MODEL_FOR_CAUSAL_LM_MAPPING:
        return AutoModelForCausalLM
    if type(config) in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING:
        return AutoModelForSeq2SeqLM
    raise InputError(f"{file}: {config.model_type} has no causal or masked language model in transformers")
