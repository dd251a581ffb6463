"""Measure the sub-networks of a super-network, each without a training of its own, and describe them as a table."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import save
from supernet import SAMPLING, validation_loss
from torch import Tensor

from lpzero.files import write_bytes, write_json
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.llama.checkpoint import SINGLE, open_checkpoint, tensor_name
from lpzero.spaces.llama.config import CONFIG, config_document
from lpzero.spaces.llama.model import LlamaModel
from lpzero.spaces.llama.plan import Base
from lpzero.spaces.llama.space import Llama
from lpzero.tables.folder import MeasuredRecord, recipe_document
from lpzero.tables.recipe import Recipe
from lpzero.tables.training_record import environment
from lpzero.training.corpus import Corpus
from lpzero.training.draw import draw
from lpzero.training.scale import SCALES, recipe
from lpzero.training.train import validation_batches

CHECKPOINT = "checkpoint"
"""The folder of the weights in that of the table."""
WHOLE = "whole"
"""The id of the sub-network that has everything."""


def write_checkpoint(folder: Path, model: LlamaModel) -> None:
    """Write the whole model as transformers saves a LLaMA, its weights as float16; raises OSError where it cannot."""
    tensors = {tensor_name(name): weight.detach().half().contiguous() for name, weight in model.named_parameters()}
    write_bytes(folder / SINGLE, save(tensors, {"format": "pt"}))
    write_json(folder / CONFIG, config_document(model.base))


def whole_architecture(base: Base) -> Architecture:
    """The sub-network that has everything."""
    layer = {"intermediate_size": base.inner_width, "heads": base.heads, "kv_heads": base.kv_heads}
    return Architecture.of(Llama.name, {}, [layer] * base.depth)


def drawn_subnetworks(space: Llama, number: int, seed: int) -> dict[str, Architecture]:
    """The sub-networks of a table by id: the whole model, and others drawn evenly over the depths.

    Args:
        space: The space of a checkpoint.
        number: How many are drawn; one that is the whole model is there once.
        seed: Seed of the draw.
    """
    whole = whole_architecture(space.base)
    others = (a for a in draw(space, number, np.random.default_rng(seed)) if a != whole)
    return {WHOLE: whole, **{f"{index:04d}": architecture for index, architecture in enumerate(others)}}


def held_out(corpus: Corpus) -> tuple[Recipe, list[tuple[Tensor, Tensor]]]:
    """What sub-networks are measured on: the batches that a training of the causal tables ends with."""
    used = recipe(Llama.name, "causal", corpus, SCALES["causal"])
    return used, validation_batches(used, corpus)


def measure(
    space: Llama,
    architectures: dict[str, Architecture],
    held: Sequence[tuple[Tensor, Tensor]],
    *,
    progress: Callable[[int, int], None],
) -> Iterator[MeasuredRecord]:
    """Measure sub-networks one after another; ``math.exp`` of a loss is the perplexity.

    Args:
        space: The space of the checkpoint.
        architectures: By id.
        held: Ids and labels, (rows, tokens) each, of text that the checkpoint was not trained on.
        progress: Called with (sub-networks done, sub-networks to do).

    Yields:
        A record with the loss in nats a token, in the order of the ids.
    """
    for done, (name, architecture) in enumerate(architectures.items(), start=1):
        loss = validation_loss(space.build(architecture, 0), list(held))
        assert math.isfinite(loss)
        yield MeasuredRecord(id=name, architecture=architecture.to_json(), quality=loss)
        progress(done, len(architectures))


def supernet_document(
    folder: Path, base: Base, trained: Recipe, held: Recipe, curve: tuple[tuple[int, float], ...]
) -> dict[str, Any]:
    """What a card says of its super-network, as plain JSON types.

    Args:
        folder: The checkpoint.
        base: Its numbers.
        trained: The recipe that it was trained by.
        held: The recipe whose validation batches the sub-networks were measured on.
        curve: (step, validation loss in nats a token) of the whole model while it was trained, on the batches of
            ``trained``.
    """
    return {
        "base": asdict(base),
        "recipe": recipe_document(trained),
        "recipe_digest": trained.digest,
        "sampling": SAMPLING,
        "curve": [list(point) for point in curve],
        "validation": {"sequences": held.validation_sequences, "length": held.length, "seed": held.seed},
        "weights": f"{CHECKPOINT}/{SINGLE}",
        "weights_sha256": hashlib.sha256((folder / SINGLE).read_bytes()).hexdigest(),
        "checkpoint_digest": open_checkpoint(folder).digest,
        "environment": environment(trained.device),
    }
