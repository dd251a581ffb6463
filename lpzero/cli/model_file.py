"""Load the model that ``lpzero score`` was given: a Python file, a transformers configuration, a model folder."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from lpzero.errors import InputError, LpzeroError
from lpzero.settings import read_document


@dataclass(frozen=True)
class LoadedModel:
    """A model and, where its file gives one, the batch to show it.

    Attributes:
        model: The model.
        example: What ``example_batch()`` returned; None where there is no such function.
    """

    model: nn.Module
    example: Any = None


def load_model(path: Path, seed: int) -> LoadedModel:
    """Load a model.

    Args:
        path: A ``.py`` file with ``build_model()`` (run as code), a JSON file with a transformers configuration, or a
            folder with one and, possibly, weights as safetensors.
        seed: Seed of every weight that is drawn.

    Raises:
        InputError: There is nothing at the path, it is none of these, or it lacks what it must have.
        LpzeroError: Building the model failed.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file or folder: expected model.py, a configuration JSON or a model folder")
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        # whatever builds the model draws its weights from torch's global generators: they are seeded, then restored
        torch.manual_seed(seed)
        if path.suffix == ".py":
            return _from_python(path)
        if path.is_dir() or path.suffix == ".json":
            return LoadedModel(_from_transformers(path))
    raise InputError(f"{path}: expected a .py file, a .json configuration or a model folder")


def _from_python(path: Path) -> LoadedModel:
    module = _imported(path)
    build = getattr(module, "build_model", None)
    if not callable(build):
        raise InputError(f"{path}: expected a function build_model() that returns a torch.nn.Module, found none")
    model = _called(build, f"{path}: build_model()")
    if not isinstance(model, nn.Module):
        raise InputError(f"{path}: expected build_model() to return a torch.nn.Module, found {type(model).__name__}")
    example = getattr(module, "example_batch", None)
    return LoadedModel(model, _called(example, f"{path}: example_batch()") if callable(example) else None)


def _imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("lpzero_user_model", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path}: cannot be imported as Python")
    module = importlib.util.module_from_spec(spec)
    # dataclasses and the like look their module up, and a model may be spread over files beside this one
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.resolve().parent))
    _called(partial(spec.loader.exec_module, module), str(path))
    return module


def _called(function: Callable[[], Any], place: str) -> Any:
    """Call a user's code; whatever it raises becomes one line."""
    try:
        return function()
    except Exception as err:
        lines = str(err).splitlines() or [""]
        raise LpzeroError(f"{place} raised {type(err).__name__}: {lines[0]}") from err
    except SystemExit as err:
        raise LpzeroError(f"{place} tried to exit with code {err.code}") from err


def _from_transformers(path: Path) -> nn.Module:
    file = path / "config.json" if path.is_dir() else path
    settings = read_document(file)
    from transformers import AutoConfig

    kind = settings.pop("model_type", None)
    if not isinstance(kind, str):
        raise InputError(f"{file}: expected a transformers configuration with a model_type, found none")
    try:
        config = AutoConfig.for_model(kind, **settings)
    except ValueError:
        raise InputError(f"{file}: transformers knows no model_type {kind!r}") from None
    except Exception as err:
        raise InputError(f"{file}: transformers refuses the configuration: {str(err).splitlines()[0]}") from err
    layers = getattr(config, "num_hidden_layers", 1)
    if isinstance(layers, int) and layers < 1:
        raise InputError(f"{file}: expected at least 1 layer, found {layers}")
    auto = _auto_class(config, file)
    if path.is_dir() and list(path.glob("*.safetensors")):
        made = _called(
            lambda: auto.from_pretrained(
                path, local_files_only=True, use_safetensors=True, attn_implementation="eager"
            ),
            str(path),
        )
    else:
        made = _called(lambda: auto.from_config(config, attn_implementation="eager"), str(file))
    model: nn.Module = made
    return model


def _auto_class(config: Any, file: Path) -> Any:
    """The auto class with a language-model loss: the masked one where the configuration says so."""
    from transformers import (
        MODEL_FOR_CAUSAL_LM_MAPPING,
        MODEL_FOR_MASKED_LM_MAPPING,
        AutoModelForCausalLM,
        AutoModelForMaskedLM,
    )

    masked = type(config) in MODEL_FOR_MASKED_LM_MAPPING and not getattr(config, "is_decoder", False)
    names = getattr(config, "architectures", None) or []
    if masked and not any("CausalLM" in name or "LMHeadModel" in name for name in names):
        return AutoModelForMaskedLM
    if type(config) in MODEL_FOR_CAUSAL_LM_MAPPING:
        return AutoModelForCausalLM
    raise InputError(f"{file}: {config.model_type} has no causal or masked language model in transformers")
