"""Train one architecture from scratch by a recipe, and measure its validation loss."""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from lpzero.engines.fault import MODEL_ERRORS, lacks_memory, line_of
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.models.output import UNLABELLED
from lpzero.spaces.own import MASK
from lpzero.spaces.space import SearchSpace
from lpzero.tables.recipe import Recipe
from lpzero.training.corpus import Corpus

VALIDATION_ROWS = 128


class TrainingStatus(str, Enum):
    """What came of a training."""

    OK = "ok"
    DIVERGED = "diverged"
    OUT_OF_MEMORY = "out_of_memory"
    FAILED = "failed"


@dataclass(frozen=True)
class Training:
    """One architecture, trained once.

    Attributes:
        status: What came of it.
        curve: (step, validation loss in nats a token) at the points of the recipe that were reached.
        seconds: Time that it took.
        reason: Why there is no final loss; empty where there is one.
    """

    status: TrainingStatus
    curve: tuple[tuple[int, float], ...]
    seconds: float
    reason: str = ""

    @property
    def loss(self) -> float | None:
        """The final validation loss; None unless the status is ok."""
        return self.curve[-1][1] if self.status is TrainingStatus.OK else None


class _DivergedError(Exception):
    """The loss is no finite number any more."""


def initial_seed(architecture: Architecture, seed: int) -> int:
    """The seed of the weights of one architecture, 63 bits: no two architectures share one."""
    text = f"{seed}/train/{architecture.digest}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> 1


def train(space: SearchSpace, architecture: Architecture, recipe: Recipe, corpus: Corpus, *, seed: int) -> Training:
    """Train one architecture.

    Batches are drawn by the recipe's seed and the step, so that they are the same ones in the same order for
    every architecture; ``seed`` decides the initial weights alone. A step whose loss is not finite ends the
    training with the status ``diverged``.

    Args:
        space: The space under the recipe's protocol.
        architecture: One of the space.
        recipe: How.
        corpus: What the recipe was written for.
        seed: Seed of the initial weights.

    Returns:
        What came of it; whatever the model raised is a status.
    """
    started = time.monotonic()
    curve: list[tuple[int, float]] = []
    status, reason = TrainingStatus.OK, ""
    try:
        model = space.build(architecture, initial_seed(architecture, seed)).to(recipe.device)
        _train(model, recipe, corpus, curve)
    except _DivergedError as err:
        status, reason = TrainingStatus.DIVERGED, str(err)
    except MODEL_ERRORS as err:
        status = TrainingStatus.OUT_OF_MEMORY if lacks_memory(err) else TrainingStatus.FAILED
        reason = line_of(err) or type(err).__name__
    return Training(status, tuple(curve), round(time.monotonic() - started, 3), reason)


def _train(model: nn.Module, recipe: Recipe, corpus: Corpus, curve: list[tuple[int, float]]) -> None:
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=recipe.learning_rate, betas=recipe.betas, weight_decay=recipe.weight_decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_share(recipe, step))
    held = validation_batches(recipe, corpus)
    model.train()
    for step in range(1, recipe.steps + 1):
        ids, labels = training_batch(recipe, corpus, step)
        optimiser.zero_grad()
        loss = model(ids, labels).loss
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        if not math.isfinite(float(norm)) or not math.isfinite(float(loss.detach())):
            raise _DivergedError(f"loss {float(loss.detach())} with a gradient of norm {float(norm)} in step {step}")
        optimiser.step()
        schedule.step()
        if step in recipe.points:
            curve.append((step, _validate(model, held)))


def rate_share(recipe: Recipe, step: int) -> float:
    """The learning rate of a step (counted from 0) as a share of the highest: a line up, then half a cosine."""
    if step < recipe.warm_up:
        return (step + 1) / recipe.warm_up
    return 0.5 * (1 + math.cos(math.pi * (step - recipe.warm_up) / (recipe.steps - recipe.warm_up)))


def training_batch(recipe: Recipe, corpus: Corpus, step: int) -> tuple[Tensor, Tensor]:
    """Token ids and labels of a step, both (batch, length) int64 on the recipe's device."""
    rng = np.random.default_rng((recipe.seed, step))
    return _batch(recipe, corpus.train, recipe.batch, rng)


def validation_batches(recipe: Recipe, corpus: Corpus) -> list[tuple[Tensor, Tensor]]:
    """Token ids and labels of the validation, in batches of (up to 128, length)."""
    # no step has the number 0
    rng = np.random.default_rng((recipe.seed, 0))
    rows = [
        min(VALIDATION_ROWS, recipe.validation_sequences - i)
        for i in range(0, recipe.validation_sequences, VALIDATION_ROWS)
    ]
    return [_batch(recipe, corpus.validation, number, rng) for number in rows]


def _batch(recipe: Recipe, text: npt.NDArray[np.integer], rows: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    starts = rng.integers(len(text) - recipe.length + 1, size=(rows, 1))
    ids = text[starts + np.arange(recipe.length)].astype(np.int64)
    labels = ids
    if recipe.mask_share is not None:
        hidden = rng.random(ids.shape) < recipe.mask_share
        hidden[0, 0] |= not hidden.any()
        labels = np.where(hidden, ids, UNLABELLED)
        ids = np.where(hidden, MASK, ids)
    return torch.from_numpy(ids).to(recipe.device), torch.from_numpy(labels).to(recipe.device)


def _validate(model: nn.Module, held: list[tuple[Tensor, Tensor]]) -> float:
    """The mean loss over the predicted tokens, in nats."""
    model.eval()
    total = count = 0.0
    with torch.no_grad():
        for ids, labels in held:
            # a causal model predicts all but the first token of a row, each row alike
            number = int((labels != UNLABELLED).sum())
            total += float(model(ids, labels).loss) * number
            count += number
    model.train()
    if not math.isfinite(total):
        raise _DivergedError(f"validation loss {total / count}")
    return total / count
