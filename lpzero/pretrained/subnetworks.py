"""Sub-networks of a checkpoint by their numbers alone: a saved model has to load where the checkpoint is not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lpzero.errors import InputError
from lpzero.spaces.llama.checkpoint import Checkpoint
from lpzero.spaces.llama.config import LlamaConfig, config_document
from lpzero.spaces.llama.space import SUBNET, Llama
from lpzero.spaces.space import SearchSpace


def checkpoint_document(space: SearchSpace) -> dict[str, Any] | None:
    """The configuration of the checkpoint that a space cuts its models out of; None where there is no such file."""
    if isinstance(space, Llama) and space.checkpoint is not None:
        return config_document(space.checkpoint.base)
    return None


def subnetwork_space(protocol: str, document: Mapping[str, Any]) -> Llama:
    """The space of a checkpoint's sub-networks without the checkpoint: it knows shapes, and can build nothing.

    Args:
        protocol: The protocol of the sub-networks.
        document: What :func:`checkpoint_document` returned.

    Raises:
        InputError: The protocol is another, or the document is no such configuration.
    """
    try:
        base = LlamaConfig.model_validate(dict(document)).base
    except ValidationError as err:
        fault = err.errors(include_url=False)[0]
        key = ".".join(str(part) for part in fault["loc"])
        raise InputError(f"checkpoint: {key}: {fault['msg']}, found {fault['input']!r}") from None
    except ValueError as err:
        raise InputError(f"checkpoint: {err}") from None
    return Llama(protocol, Checkpoint(Path(), base, protocol.removeprefix(SUBNET), (), ()))
