"""Architectures as folders that transformers loads: written whole, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpzero.errors import InputError
from lpzero.files import write_json, write_text
from lpzero.pretrained.bars import without_bars
from lpzero.pretrained.card import card_text
from lpzero.pretrained.registration import classes_of, configuration_of
from lpzero.pretrained.whole import CARD, CONFIGURATION, check_free, whole_folder
from lpzero.settings import one_line, read_document, shorten
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.beside import keep_space, lies_beside
from lpzero.spaces.space import SearchSpace, WritesModels
from lpzero.spaces.toml.family import configuration
from lpzero.spaces.toml.space import ConfigSpace, seen_fields

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

ARCHITECTURE = "architecture.json"


def write_configuration(folder: Path, space: SearchSpace, architecture: Architecture, card: str = "") -> None:
    """Write what an architecture is, without weights: ``config.json``, ``architecture.json`` and ``README.md``.

    The configuration is lpzero's own, or that of transformers where the space is one of transformers configurations:
    then a copy of its ``space.toml`` lies beside it.

    Args:
        folder: Empty, or not there yet.
        space: The space, with its protocol.
        architecture: The architecture.
        card: Further Markdown for the card, ``README.md``.

    Raises:
        InputError: The folder is not free, or the architecture is not in the space.
        LpzeroError: It cannot be written.
    """
    if isinstance(space, WritesModels):
        space.write(folder, architecture, card, weights=False)
        return
    space.validate(architecture)
    configuration = _configuration(space, architecture)
    with whole_folder(folder) as part:
        configuration.save_pretrained(part)
        _describe(part, space, architecture, None, card)


def write_model(folder: Path, space: SearchSpace, architecture: Architecture, seed: int, card: str = "") -> None:
    """Write a built model: what :func:`write_configuration` writes, and the weights as safetensors.

    Args:
        folder: Empty, or not there yet.
        space: The space, with its protocol.
        architecture: The architecture.
        seed: Seed of the weights, as :meth:`lpzero.spaces.space.SearchSpace.build` takes it.
        card: Further Markdown for the card, ``README.md``.

    Raises:
        InputError: The folder is not free, the architecture is not in the space, or the model does not fit in memory.
        LpzeroError: It cannot be written.
    """
    if isinstance(space, WritesModels):
        space.write(folder, architecture, card, weights=True)
        return
    check_free(folder)
    space.validate(architecture)
    model = _built(space, architecture, seed)
    with whole_folder(folder) as part, without_bars():
        model.save_pretrained(part)
        _describe(part, space, architecture, seed, card)


def is_point_of_file(folder: Path) -> bool:
    """Whether a folder holds an architecture with the file of its space."""
    return (folder / ARCHITECTURE).is_file() and lies_beside(folder)


def check_configuration(folder: Path, space: SearchSpace, architecture: Architecture) -> None:
    """Raise InputError where the transformers configuration of a folder is not that of its architecture.

    Args:
        folder: What :func:`write_configuration` or :func:`write_model` wrote.
        space: The space; one without a ``space.toml`` has a configuration that checks itself.
        architecture: The architecture.
    """
    path = folder / CONFIGURATION
    if not isinstance(space, ConfigSpace) or not path.is_file():
        return
    document = read_document(path)
    kind = document.pop("model_type", None)
    expected = {"model_type": space.model_type, **_plain(space.config(architecture))}
    found = {"model_type": kind}
    if kind == space.model_type:
        try:
            found |= _plain(configuration(space.model_type, document))
        except InputError as err:
            raise InputError(f"{path}: {err}") from err
    for name in dict.fromkeys((*expected, *found)):
        if expected.get(name) != found.get(name):
            raise InputError(
                f"{path}: {one_line(name, 60)}: expected {shorten(expected.get(name))}, as {ARCHITECTURE} says, found "
                f"{shorten(found.get(name))}: restore the file, or take {ARCHITECTURE} away to have the configuration "
                "alone"
            )


def _plain(config: Any) -> dict[str, Any]:
    """The fields of a configuration as JSON has them."""
    fields: dict[str, Any] = json.loads(json.dumps(seen_fields(config), default=str))
    return fields


def _configuration(space: SearchSpace, architecture: Architecture) -> PreTrainedConfig:
    if not isinstance(space, ConfigSpace):
        return configuration_of(space, architecture)
    model: Any = space.blank(architecture).model
    configuration: PreTrainedConfig = space.config(architecture)
    configuration.architectures = [type(model).__name__]
    return configuration


def _built(space: SearchSpace, architecture: Architecture, seed: int) -> PreTrainedModel:
    if isinstance(space, ConfigSpace):
        plain: Any = space.build(architecture, seed).model
        model: PreTrainedModel = plain
        return model
    classes = classes_of(space.name)
    return classes.model.around(configuration_of(space, architecture), space.build(architecture, seed))


def _describe(folder: Path, space: SearchSpace, architecture: Architecture, seed: int | None, more: str) -> None:
    write_json(folder / ARCHITECTURE, architecture.to_json())
    keep_space(folder, space)
    write_text(folder / CARD, card_text(space, architecture, seed, more))
