"""Load the model that ``lpzero score`` was given: a Python file, a transformers configuration, a model folder."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from lpzero.engines.fault import line_of
from lpzero.errors import InputError, LpzeroError, MissingError
from lpzero.pretrained.architecture_file import read_architecture, space_of
from lpzero.seeds import derived_seed
from lpzero.settings import read_document
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

ARCHITECTURE, CONFIGURATION = "architecture.json", "config.json"
_HUB_NAME = re.compile(r"[\w.-]{1,96}(/[\w.-]{1,96})?")


@dataclass(frozen=True)
class LoadedModel:
    """A model and what is known of it.

    Attributes:
        model: The model.
        example: What ``example_batch()`` returned; None where there is no such function.
        space: The space that it is of; None where it is of none that is known.
        architecture: Which point of it; likewise.
    """

    model: nn.Module
    example: Any = None
    space: SearchSpace | None = None
    architecture: Architecture | None = None


def load_model(text: str, seed: int) -> LoadedModel:
    """Load a model.

    Args:
        text: A ``.py`` file with ``build_model()`` (run as code), a JSON file with a transformers configuration, a JSON
            or TOML file with an architecture of a space, a folder with a configuration and, possibly, weights as
            safetensors, or the name of a model in the local cache of the hub.
        seed: Seed of the run, from which that of every weight that is drawn derives.

    Raises:
        InputError: There is nothing at the path, it is none of these, or it lacks what it must have.
        MissingError: No file has that name, and no model in the cache.
        LpzeroError: Building the model failed.
    """
    path = _found(text)
    if _is_architecture(path):
        return _from_architecture(path, seed)
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        # whatever builds the model draws its weights from torch's global generators: they are seeded, then restored
        torch.manual_seed(derived_seed(seed, "weights"))
        if path.suffix == ".py":
            return _from_python(path)
        if path.is_dir() or path.suffix == ".json":
            return _from_transformers(path)
    raise InputError(f"{path}: expected a .py file, a .json or .toml file, or a model folder")


def _found(text: str) -> Path:
    """The path of a model, which may be in the local cache of the hub."""
    path = Path(text)
    if path.exists():
        return path
    if path.suffix in (".py", ".json", ".toml") or not _HUB_NAME.fullmatch(text):
        raise InputError(f"{text}: no such file or folder: expected model.py, a configuration JSON or a model folder")
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(text, CONFIGURATION)
    if not isinstance(cached, str):
        raise MissingError(
            f"{text}: no such file or folder, and no model of that name in the local cache of the hub: download it "
            f"there with hf download {text}"
        )
    return Path(cached).parent


def _is_architecture(path: Path) -> bool:
    """Whether a path holds a point of a space rather than a model: a document of ours, without weights."""
    if path.suffix == ".toml":
        return True
    if path.is_dir():
        # beside the configuration of a space.toml's model stands its architecture, which does not name the file
        described = path / CONFIGURATION if (path / CONFIGURATION).exists() else path / ARCHITECTURE
        return _names_architecture(described) and not list(path.glob("*.safetensors"))
    return path.suffix == ".json" and _names_architecture(path)


def _names_architecture(path: Path) -> bool:
    return path.is_file() and bool({"architecture", "whole"} & read_document(path).keys())


def _from_architecture(path: Path, seed: int) -> LoadedModel:
    """The untrained model of an architecture, with the weights that every other command gives it."""
    given = read_architecture(str(path))
    space = space_of(given, None, None)
    weights = derived_seed(seed, "weights", space.key(given.architecture))
    return LoadedModel(space.build(given.architecture, weights), None, space, given.architecture)


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


# Folders of the models that were imported: another one may have files of the same names beside it.
_FOLDERS: set[Path] = set()


def _forget_others(folder: Path) -> None:
    """Forget what was imported from beside other models: this one shall not be given their files."""
    others = _FOLDERS - {folder}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is not None and Path(file).parent in others:
            del sys.modules[name]
    sys.path[:] = [entry for entry in sys.path if Path(entry) not in others]
    _FOLDERS.add(folder)


def _imported(path: Path) -> ModuleType:
    _forget_others(path.resolve().parent)
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
        raise LpzeroError(f"{place} raised {type(err).__name__}: {line_of(err)}") from err
    except SystemExit as err:
        raise LpzeroError(f"{place} tried to exit with code {err.code}") from err


def _from_transformers(path: Path) -> LoadedModel:
    file = path / "config.json" if path.is_dir() else path
    settings = read_document(file)
    from transformers import AutoConfig

    from lpzero.pretrained import register
    from lpzero.pretrained.configuration import LpzeroConfig

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
        made = _called(
            lambda: auto.from_pretrained(
                path, local_files_only=True, use_safetensors=True, attn_implementation="eager"
            ),
            str(path),
        )
    else:
        made = _called(lambda: auto.from_config(config, attn_implementation="eager"), str(file))
    model: nn.Module = made
    if isinstance(config, LpzeroConfig):
        return LoadedModel(model, None, config.search_space(), config.point())
    return LoadedModel(model)


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
