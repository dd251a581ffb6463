"""One sub-network that recovers, in a worker: its loss before, a short distillation, its loss after."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from lpzero.compression.choosing.measured import digest_of
from lpzero.compression.sub_networks.settings import Recipe
from lpzero.compression.sub_networks.skeleton import skeleton_of
from lpzero.compression.sub_networks.space import checkpoint_of, cut_of, open_space
from lpzero.compression.texts import (
    Windows,
    check_context,
    check_ids,
    check_other,
    halves,
    read_text,
    read_tokenizer,
    to_predict,
    tokenised,
    windows,
)
from lpzero.spaces.architecture import Architecture
from lpzero.tables.document import Document


@dataclass(frozen=True)
class Job:
    """What all recoveries of a table share, as it travels to a worker.

    Attributes:
        folder: Of the table, with the file of the space.
        calibration: Text to learn from; its last tenth is left out.
        check: Text to measure losses on.
        recipe: How.
        answers: Folder of what the checkpoint says of the text, asked once for all of them.
    """

    folder: Path
    calibration: Path
    check: Path
    recipe: Recipe
    answers: Path


@dataclass(frozen=True)
class Task:
    """One recovery.

    Attributes:
        id: Name of the sub-network.
        architecture: What stays.
        seed: Which of its recoveries it is, from 0: it orders the text.
    """

    id: str
    architecture: Architecture
    seed: int


class RecoveryRecord(Document, extra="forbid"):
    """One sub-network that recovered.

    Attributes:
        id: Its name.
        architecture: As :meth:`lpzero.spaces.architecture.Architecture.to_json` writes it.
        seed: Which of its recoveries it is.
        before: Loss before, in nats a token.
        after: Loss after.
        divergence: From the full model at each step, before it, in nats a token.
        seconds: That the recovery took.
        recipe: Digest of the recipe.
    """

    id: str
    architecture: dict[str, Any]
    seed: Annotated[int, Field(ge=0)]
    before: float
    after: float
    divergence: tuple[float, ...]
    seconds: Annotated[float, Field(ge=0)]
    recipe: str


@dataclass(frozen=True)
class Texts:
    """Windows of both texts.

    Attributes:
        learning: To learn from.
        looking: The first of these, which units are put in order by.
        held_out: To measure losses on.
        calibration_sha256: Of the text that is learned from.
        check_sha256: Of the other one.
    """

    learning: Windows
    looking: Windows
    held_out: Windows
    calibration_sha256: str
    check_sha256: str


@lru_cache(maxsize=2)
def texts_of(
    checkpoint: Path, calibration: Path, check: Path, *, context: int, looking: int, held_out: int, seed: int
) -> Texts:
    """Read both texts.

    Args:
        checkpoint: Folder with the tokenizer.
        calibration: Text to learn from; its last tenth is left out.
        check: Text to measure losses on.
        context: Tokens of a window.
        looking: Windows to put units in order by, at most.
        held_out: Windows of the other text, at most.
        seed: Of what is masked, where the objective is masked.

    Raises:
        InputError: A text is not usable, or too short.
    """
    from lpzero.compression.cutting.checkpoint import check_usable
    from lpzero.compression.cutting.families import FAMILIES

    objective = FAMILIES[str(check_usable(checkpoint)["model_type"])].objective
    config = skeleton_of(checkpoint.resolve(), digest_of(checkpoint)).config
    check_context(context, config)
    tokenizer = read_tokenizer(checkpoint)
    mask = getattr(tokenizer, "mask_token_id", None)
    whole, other = read_text(calibration), read_text(check)
    check_other(whole, other, check.name)
    learned = check_ids(tokenised(tokenizer, halves(whole)[0], calibration.name), config)
    asked = check_ids(tokenised(tokenizer, other, check.name), config)
    every = windows(learned, len(learned.ids), context)
    learning = to_predict(calibration.name, every, objective, mask, seed)
    return Texts(
        learning,
        Windows(learning.name, learning.inputs[:looking], learning.labels[:looking]),
        to_predict(check.name, windows(asked, held_out, context), objective, mask, seed),
        learned.sha256,
        asked.sha256,
    )


def recover_one(job: Job, task: Task) -> RecoveryRecord:
    """Let one sub-network recover: a pure function of its arguments and of the files that they name.

    Raises:
        InputError: A file has changed.
        LpzeroError: The loss is no longer finite.
    """
    from lpzero.compression.losses import window_losses
    from lpzero.compression.recovery.recover import recover

    settings, space = job.recipe.settings, open_space(job.folder)
    texts = texts_of(
        space.opened.checkpoint,
        job.calibration,
        job.check,
        context=settings.context,
        looking=settings.looking,
        held_out=settings.windows,
        seed=settings.seed,
    )
    model = cut_of(space, task.architecture)
    before = float(window_losses(model, texts.held_out).mean())
    begun = time.perf_counter()
    found = recover(model, checkpoint_of(space), texts.learning, settings.recovery(task.seed), answers=job.answers)
    seconds = time.perf_counter() - begun
    return RecoveryRecord(
        id=task.id,
        architecture=task.architecture.to_json(),
        seed=task.seed,
        before=round(before, 6),
        after=round(float(window_losses(found.model, texts.held_out).mean()), 6),
        divergence=tuple(round(point.divergence, 6) for point in found.curve),
        seconds=round(seconds, 3),
        recipe=job.recipe.digest,
    )
