"""The model that a user gave: a Python file, a configuration or a folder of transformers, an architecture, a name."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lpzero.errors import InputError, MissingError
from lpzero.pretrained.architecture_file import read_architecture, space_of
from lpzero.pretrained.folder import ARCHITECTURE, check_configuration, is_point_of_file
from lpzero.scoring.configuration import CONFIGURATION, configured
from lpzero.scoring.python_file import build_from_python
from lpzero.seeds import derived_seed
from lpzero.settings import read_document
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.beside import SPACE_FILE
from lpzero.spaces.space import SearchSpace

_LOG = logging.getLogger(__name__)
_HUB_NAME = re.compile(r"[\w.-]{1,96}(/[\w.-]{1,96})?")


@dataclass(frozen=True)
class LoadedModel:
    """A model and what is known of it.

    Attributes:
        model: The model.
        example: What ``example_batch()`` returned; None where there is no such function.
        space: The space that it is of; None where it is of no known space.
        architecture: Which point of it; likewise.
        notes: What a user should know of how it was read, a line each.
    """

    model: nn.Module
    example: Any = None
    space: SearchSpace | None = None
    architecture: Architecture | None = None
    notes: tuple[str, ...] = ()


def load_model(text: str, seed: int, space: str | None = None) -> LoadedModel:
    """Load a model.

    Args:
        text: A ``.py`` file with ``build_model()`` (run as code), a JSON file with a transformers configuration, a JSON
            or TOML file with an architecture of a space, a folder with a configuration and, possibly, weights as
            safetensors, or the name of a model in the local cache of the hub.
        seed: Seed of the run, from which that of every weight that is drawn derives.
        space: What finds the space of an architecture; None for the space that it names, or the ``space.toml`` that
            lies beside it.

    Raises:
        InputError: There is nothing at the path, it is none of these, it lacks what it must have, or it is no
            architecture and a space is given.
        MissingError: No file has that name, and no model in the cache.
        LpzeroError: Building the model failed.
    """
    path = _found(text)
    if _is_architecture(path, space):
        return _from_architecture(path, seed, space)
    if space is not None:
        raise InputError(f"{text}: `space`: expected an architecture of it, found another model: leave `space` out")
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        # whatever builds the model draws its weights from torch's global generators: they are seeded, then restored
        torch.manual_seed(derived_seed(seed, "weights"))
        if path.suffix == ".py":
            return LoadedModel(*build_from_python(path))
        if path.is_dir() or path.suffix == ".json":
            return _from_transformers(path)
    raise InputError(f"{path}: expected a .py file, a .json or .toml file, or a model folder")


def _found(text: str) -> Path:
    """The path of a model, which may be in the local cache of the hub."""
    path = Path(text)
    if path.exists():
        return path
    nothing = InputError(f"{text}: no such file or folder: expected model.py, a configuration JSON or a model folder")
    if path.suffix in (".py", ".json", ".toml") or not _HUB_NAME.fullmatch(text):
        raise nothing
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        cached = try_to_load_from_cache(text, CONFIGURATION)
    except HFValidationError:
        raise nothing from None
    if not isinstance(cached, str):
        raise MissingError(
            f"{text}: no such file or folder, and no model of that name in the local cache of the hub: download it "
            f"there with hf download {text}"
        )
    return Path(cached).parent


def _is_architecture(path: Path, space: str | None) -> bool:
    """Whether a path holds a point of a space rather than a model: a document of ours, without weights."""
    if path.suffix == ".toml":
        return True
    if not path.is_dir():
        return path.suffix == ".json" and _names_architecture(path)
    if list(path.glob("*.safetensors")):
        return False
    # beside the transformers configuration of a space.toml's model stands its architecture, whose space has to be known
    known = is_point_of_file(path) or space is not None
    described = path / CONFIGURATION
    if described.exists() and not (known and (path / ARCHITECTURE).is_file()):
        found = _names_architecture(described)
        if not found and (path / ARCHITECTURE).is_file():
            _LOG.warning(
                "note: %s: the configuration is scored by itself, and not as the architecture that a search scored: "
                "the file of its space is not there: copy it to %s, or give it as `space`",
                *(path, path / SPACE_FILE),
            )
        return found
    return _names_architecture(path / ARCHITECTURE)


def _names_architecture(path: Path) -> bool:
    return path.is_file() and bool({"architecture", "whole"} & read_document(path).keys())


def _from_architecture(path: Path, seed: int, reference: str | None) -> LoadedModel:
    """The untrained model of an architecture, with the weights that every other command gives it."""
    given = read_architecture(str(path))
    space = space_of(given, reference, None)
    check_configuration(path, space, given.architecture)
    weights = derived_seed(seed, "weights", space.key(given.architecture))
    return LoadedModel(space.build(given.architecture, weights), None, space, given.architecture)


def _from_transformers(path: Path) -> LoadedModel:
    from lpzero.pretrained.configuration import LpzeroConfig
    from lpzero.spaces.toml.model import ConfigModel

    found = configured(path)
    if isinstance(found.config, LpzeroConfig):
        # around it transformers makes two passes
        inner = found.model.get_submodule(str(found.model.base_model_prefix))
        return LoadedModel(inner, None, found.config.search_space(), found.config.point(), found.notes)
    if path.is_dir() and is_point_of_file(path):
        given = read_architecture(str(path))
        space = space_of(given, None, None)
        check_configuration(path, space, given.architecture)
        return LoadedModel(ConfigModel(found.model, space.objective), None, space, given.architecture, found.notes)
    return LoadedModel(found.model, notes=found.notes)
