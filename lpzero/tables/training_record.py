"""The record of one training, as a table's JSON lines keep it, and where it was made."""

from __future__ import annotations

import math
import platform
from collections import Counter
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from lpzero.errors import InputError, NoResultError
from lpzero.tables.document import Document, check, shorten
from lpzero.tables.recipe import Recipe


class TrainedRecord(Document, extra="forbid"):
    """One architecture, trained once.

    Attributes:
        id: Name of the architecture in its table; its trainings with several seeds share it.
        architecture: As :meth:`lpzero.spaces.architecture.Architecture.to_json` writes it.
        seed: Seed of the initial weights, at least 0; 0 is what the table's quality is read from.
        status: ``"ok"``, ``"diverged"``, ``"out_of_memory"``, ``"failed"``, ``"timeout"`` or ``"killed"``.
        reason: Why there is no loss; empty where there is one.
        loss: Final validation loss in nats a token; None unless the status is ok.
        curve: (step, validation loss) at the points of the recipe that were reached.
        steps: Steps behind the last point that was reached.
        tokens: Tokens that were read until then.
        parameters: Number of parameters, by part.
        seconds: Time that the training took.
        recipe: Digest of the recipe.
    """

    id: str
    architecture: dict[str, Any]
    seed: Annotated[int, Field(ge=0)]
    status: Literal["ok", "diverged", "out_of_memory", "failed", "timeout", "killed"]
    reason: str
    loss: float | None
    curve: tuple[tuple[int, float], ...]
    steps: Annotated[int, Field(ge=0)]
    tokens: Annotated[int, Field(ge=0)]
    parameters: dict[str, int]
    seconds: Annotated[float, Field(ge=0)]
    recipe: str

    @model_validator(mode="after")
    def _loss_is_the_end_of_the_curve(self) -> TrainedRecord:
        if (self.loss is None) == (self.status == "ok"):
            raise ValueError(f"a loss where the status is ok and nowhere else, with status {self.status!r}")
        if self.loss is not None and (not self.curve or not math.isclose(self.loss, self.curve[-1][1])):
            raise ValueError("a loss that ends the curve")
        return self


def check_record(document: Any, place: str, recipe: Recipe) -> TrainedRecord:
    """Validate a record.

    Args:
        document: Plain types, as a JSON parser returned them.
        place: The file, and the line in it, for the message.
        recipe: The recipe that every record of the table was trained by.

    Raises:
        InputError: It is no record, one of another recipe, or one that is ok without having reached every point.
    """
    if isinstance(document, dict) and isinstance(document.get("curve"), list):
        points = document["curve"]
        document = {**document, "curve": tuple(tuple(p) if isinstance(p, list) else p for p in points)}
    record = check(TrainedRecord, document, place)
    if record.recipe != recipe.digest:
        raise InputError(
            f"{place}: expected a training by the recipe {recipe.digest}, found one by {shorten(record.recipe)}"
        )
    reached = tuple(step for step, _ in record.curve)
    if record.status == "ok" and (reached != recipe.points or record.steps != recipe.steps):
        raise InputError(f"{place}: expected losses at the steps {recipe.points}, found them at {shorten(reached)}")
    if record.tokens != record.steps * recipe.batch * recipe.length:
        raise InputError(
            f"{place}: expected the tokens of {shorten(record.steps)} steps, found {shorten(record.tokens)}"
        )
    return record


def environment(device: str) -> dict[str, str]:
    """The versions and the machine that a training on a device, ``"cpu"`` or ``"cuda"``, has here."""
    import torch

    where = torch.cuda.get_device_name() if device == "cuda" else platform.processor() or platform.machine()
    return {
        "lpzero": metadata.version("lpzero"),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "device": f"{device}: {where}",
        "threads": "1 a worker",
    }


def require_losses(trainings: Sequence[TrainedRecord], folder: Path) -> None:
    """Require that there is something to rank.

    Args:
        trainings: Every training of a table.
        folder: Where they are kept, for the message.

    Raises:
        NoResultError: Those with the first seed have fewer than two different losses.
    """
    losses = {training.loss for training in trainings if training.seed == 0 and training.loss is not None}
    if len(losses) >= 2:
        return
    counts = Counter(training.status for training in trainings)
    found = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    reason = next((training.reason for training in trainings if training.reason), "")
    raise NoResultError(
        f"{folder}: expected trainings that end at two different losses or more, found {found}"
        f"{f' (first reason: {reason})' if reason else ''}: they are kept there; the same command tries what is "
        "failed, out_of_memory, timeout or killed again, another `out` takes another recipe, such as a lower "
        "`learning_rate`"
    )
