"""A model of transformers, from its configuration: as a JSON file, or in a folder, perhaps with weights."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from lpzero.errors import InputError, LpzeroError
from lpzero.scoring.fields import paths_of, unknown_fields
from lpzero.scoring.python_file import called
from lpzero.settings import one_line, read_document
from lpzero.spaces.toml.family import reason

CONFIGURATION = "config.json"
_IMPLEMENTATIONS = ("attn_implementation", "_attn_implementation", "experts_implementation")
_LISTED = 6


@dataclass(frozen=True)
class Configured:
    """A model of transformers.

    Attributes:
        model: The model, in float32.
        config: Its configuration.
        notes: What a user should know of how they were read.
    """

    model: nn.Module
    config: Any
    notes: tuple[str, ...]


def build_from_configuration(path: Path) -> tuple[nn.Module, Any]:
    """The model of :func:`configured`, and its configuration."""
    found = configured(path)
    return found.model, found.config


def configured(path: Path) -> Configured:
    """The model of a configuration, with the weights that lie beside it or untrained.

    Args:
        path: A JSON file, or a folder.

    Raises:
        InputError: It is no configuration of a language model, transformers refuses it, it has fields that look
            misspelt, or the weights are a pickle or another model's.
        LpzeroError: Building the model failed.
    """
    file = path / CONFIGURATION if path.is_dir() else path
    settings = read_document(file)
    from lpzero.pretrained import register

    register()
    config, notes = _read(settings, file)
    layers = getattr(config, "num_hidden_layers", 1)
    if isinstance(layers, int) and layers < 1:
        raise InputError(f"{file}: expected at least 1 layer, found {layers}")
    weights = list(path.glob("*.safetensors")) if path.is_dir() else []
    if path.is_dir() and not weights and (pickles := sorted(path.glob("*.bin"))):
        raise InputError(
            f"{path}: expected weights as safetensors, found a pickle, {pickles[0].name}, which may run code: "
            "convert it"
        )
    auto = _auto_class(config, file)
    if weights:
        model, beside = _with_weights(auto, path, settings)
        return Configured(model, config, (*notes, *beside))
    return Configured(_untrained(auto, config, file, settings), config, tuple(notes))


def _read(settings: dict[str, Any], file: Path) -> tuple[Any, list[str]]:
    """The configuration of a document, and what has to be said of it."""
    from transformers import CONFIG_MAPPING, AutoConfig

    from lpzero.pretrained.configuration import LpzeroConfig

    kind = settings.pop("model_type", None)
    if not isinstance(kind, str):
        raise InputError(f"{file}: expected a transformers configuration with a model_type, found none")
    if kind not in CONFIG_MAPPING:
        near = difflib.get_close_matches(kind, list(CONFIG_MAPPING), n=3)
        advice = f": expected one such as {', '.join(near)}" if near else ""
        if "auto_map" in settings:
            advice = ": its classes are files of their own, named in auto_map: give a Python file with build_model()"
        raise InputError(f"{file}: transformers knows no model_type {one_line(kind, 60)!r}{advice}")
    settings = {name: _number(value) for name, value in settings.items()}
    for name in _IMPLEMENTATIONS:
        # how its attention is computed is for the one who builds it
        settings.pop(name, None)
    try:
        config = AutoConfig.for_model(kind, **settings)
    except LpzeroError as err:
        raise InputError(f"{file}: {err}") from err
    except Exception as err:
        raise InputError(f"{file}: transformers refuses the configuration: {_said(err, settings)}") from err
    # a configuration of ours holds an architecture, whatever else transformers writes beside it
    unknown = [] if isinstance(config, LpzeroConfig) else unknown_fields(config, settings, str(file))
    notes = []
    if unknown:
        notes.append(f"{kind} has no such fields, which count for nothing: {_names(unknown)}")
    if "quantization_config" in settings:
        notes.append("the quantisation that the configuration names is not applied: the weights are in float32")
    asked = str(getattr(config, "dtype", None) or "float32").removeprefix("torch.")
    if asked != "float32":
        notes.append(f"the configuration asks for {asked}: weights and pass are in float32")
    return config, notes


def _number(value: Any) -> Any:
    """A value of a configuration: JSON has no infinity, which transformers writes as an object."""
    if isinstance(value, dict):
        if value.keys() == {"__float__"} and value["__float__"] in ("Infinity", "-Infinity", "NaN"):
            return float(value["__float__"])
        return {name: _number(inner) for name, inner in value.items()}
    return [_number(inner) for inner in value] if isinstance(value, list) else value


def _untrained(auto: Any, config: Any, file: Path, settings: Mapping[str, Any]) -> nn.Module:
    import torch

    def make() -> Any:
        return auto.from_config(config, attn_implementation="eager", dtype=torch.float32)

    model: nn.Module = _built(make, file, config, settings)
    return model


def _with_weights(auto: Any, path: Path, settings: Mapping[str, Any]) -> tuple[nn.Module, list[str]]:
    """The model of a folder with its weights, and what has to be said of them."""
    import torch

    from lpzero.pretrained.bars import without_bars

    with without_bars():
        model, info = _built(
            lambda: auto.from_pretrained(
                path,
                local_files_only=True,
                use_safetensors=True,
                attn_implementation="eager",
                dtype=torch.float32,
                output_loading_info=True,
            ),
            path,
            None,
            settings,
        )
    missing, unexpected = sorted(info["missing_keys"]), sorted(info["unexpected_keys"])
    if missing:
        there = f", and others that it has not: {_names(unexpected)}" if unexpected else ""
        raise InputError(
            f"{path}: expected weights for all of {type(model).__name__}, found none for {len(missing)} of them: "
            f"{_names(missing)}{there}: save the model with its language-model head, or remove the weights to score it "
            f"untrained"
        )
    notes = []
    if unexpected:
        notes.append(f"{type(model).__name__} has no place for {len(unexpected)} of the weights: {_names(unexpected)}")
    return model, notes


def _built(make: Callable[[], Any], place: Path, config: Any, settings: Mapping[str, Any]) -> Any:
    """What transformers makes; a value that it does not know is named by its key."""
    try:
        return called(make, str(place))
    except LpzeroError as err:
        cause = err.__cause__
        if isinstance(cause, KeyError) and any(paths_of(settings, *cause.args[:1])):
            raise InputError(f"{place}: {_said(cause, settings)}") from cause
        if isinstance(cause, AssertionError) and "padding_idx" in str(cause).lower():
            raise InputError(
                f"{place}: expected a pad_token_id below the vocab_size, found {getattr(config, 'pad_token_id', None)} "
                f"and {getattr(config, 'vocab_size', None)}: give one or null"
            ) from cause
        raise


def _said(err: BaseException, settings: Mapping[str, Any]) -> str:
    """What an error of transformers says, in one line; a key that it does not find is a value of the configuration."""
    if isinstance(err, KeyError) and len(err.args) == 1 and isinstance(err.args[0], str):
        value = err.args[0]
        places = list(paths_of(settings, value))
        if places:
            known = _expected(places[0])
            return f"{places[0]}: expected {known or 'a value that transformers knows'}, found {one_line(value, 60)!r}"
        # transformers puts whole sentences into some
        return one_line(value) if " " in value else reason(err)
    return reason(err)


def _expected(place: str) -> str:
    """The values that a field may have, where it is known which; empty where not."""
    last = place.rpartition(".")[2]
    if place.startswith("rope") and last in ("rope_type", "type"):
        from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

        return f"one of {', '.join(sorted({'default', *ROPE_INIT_FUNCTIONS}))}"
    if "act" in last:
        from transformers.activations import ACT2FN

        return f"one of {', '.join(sorted(ACT2FN))}"
    return ""


def _names(names: list[str]) -> str:
    return ", ".join(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")


def _auto_class(config: Any, file: Path) -> Any:
    """The auto class with a language-model loss: the masked one where the configuration says so.

    An encoder-decoder is built whole, unless its configuration names the decoder alone.
    """
    from transformers import (
        MODEL_FOR_CAUSAL_LM_MAPPING,
        MODEL_FOR_MASKED_LM_MAPPING,
        MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING,
        AutoModelForCausalLM,
        AutoModelForMaskedLM,
        AutoModelForSeq2SeqLM,
    )

    names = getattr(config, "architectures", None) or []
    kind = type(config)
    causal = kind in MODEL_FOR_CAUSAL_LM_MAPPING
    names_causal = any("CausalLM" in name or "LMHeadModel" in name for name in names)
    if kind in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING and not (causal and names_causal):
        return AutoModelForSeq2SeqLM
    if kind in MODEL_FOR_MASKED_LM_MAPPING and not getattr(config, "is_decoder", False):
        masked: Any = MODEL_FOR_MASKED_LM_MAPPING[kind]
        # XLM's masked model has the name of a causal one
        if masked.__name__ in names or not (causal and names_causal):
            return AutoModelForMaskedLM
    if causal:
        return AutoModelForCausalLM
    if type(config) in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING:
        return AutoModelForSeq2SeqLM
    raise InputError(f"{file}: {config.model_type} has no causal or masked language model in transformers")
