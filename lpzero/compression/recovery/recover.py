"""Distillation from the full checkpoint: the sub-network learns to answer as the checkpoint does.

The divergence KL(checkpoint || sub-network), nats a token, is the mean over all tokens of the step, and nothing is
random but the order of the text: models are in evaluation mode, so that dropout is off.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lpzero.compression.losses import logits_of
from lpzero.compression.recovery.adapters import with_adapters
from lpzero.compression.recovery.distilled import distilled
from lpzero.compression.recovery.settings import RecoverySettings
from lpzero.compression.recovery.state import Point, load_state, origin, save_state
from lpzero.compression.recovery.teacher import Teacher
from lpzero.compression.texts import Windows
from lpzero.errors import InputError, LpzeroError
from lpzero.progress import Progress, Watch, unwatched
from lpzero.seeds import derived_seed

ANSWERS = "answers"
"""Folder of what the checkpoint answered, inside that of the recovery."""
SAVE_SECONDS = 60.0
STEP = "recovery"


@dataclass(frozen=True)
class Recovered:
    """A sub-network that has learned.

    Attributes:
        model: A new model; the one that was given is as it was.
        curve: One point a step.
        settings: How it learned.
    """

    model: nn.Module
    curve: tuple[Point, ...]
    settings: RecoverySettings


@dataclass(frozen=True)
class Within:
    """What of a model answers at a step, where that is not all of it.

    Attributes:
        digest: Of what answers at all steps: a state goes on with the same alone.
        at: What is entered with the model and the number of the step while it answers.
    """

    digest: str
    at: Callable[[nn.Module, int], AbstractContextManager[None]]


def recover(
    model: nn.Module,
    checkpoint: nn.Module,
    windows: Windows,
    settings: RecoverySettings,
    *,
    within: Within | None = None,
    folder: Path | None = None,
    answers: Path | None = None,
    watch: Watch = unwatched,
    clock: Callable[[], float] = time.monotonic,
) -> Recovered:
    """Let a sub-network learn from the checkpoint that it was cut out of.

    Args:
        model: The sub-network: called with ``input_ids`` it returns ``logits``, as models of transformers do. It is not
            changed: a copy learns, in float32, and has its number format at the end.
        checkpoint: The full model, with the same vocabulary. It is only read.
        windows: Of a text; they are drawn without repetition until all were.
        settings: How.
        within: What of it answers at each step; None for all of it.
        folder: Where the state is kept, every minute and at the end; a recovery that was stopped goes on from there as
            if nothing had happened. None to keep none.
        answers: Where the answers of the checkpoint to these windows are kept, which several recoveries may share; None
            for a folder inside ``folder``.
        watch: Told of every step.
        clock: Seconds, for settings that give a time.

    Raises:
        InputError: The text has too few windows for a step, or ``folder`` holds another recovery.
        MissingError: Adapters are asked for, and peft is not installed.
        LpzeroError: The loss is no longer finite, or the state cannot be written.
    """
    _check(checkpoint, windows, settings)
    if answers is None and folder is not None:
        answers = folder / ANSWERS
    device = next(model.parameters()).device
    kind = next(model.parameters()).dtype
    start = origin(settings, windows, list(model.parameters()), also="" if within is None else within.digest)
    student = in_format(copy.deepcopy(model), torch.float32).eval()
    finished: Callable[[], nn.Module] | None = None
    if settings.rank is not None:
        student, finished = with_adapters(student, settings.rank, derived_seed(settings.seed, "adapters"))
    weights = [weight for weight in student.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=settings.rate, fused=True)
    curve = [] if folder is None else load_state(folder, weights, optimiser, start)
    there = replace(windows, inputs=windows.inputs.to(device), labels=windows.labels.to(device))
    teacher = Teacher(checkpoint, there.inputs, answers)

    def keep() -> None:
        if folder is not None and curve:
            save_state(folder, weights, optimiser, curve, start)

    _learn(student, optimiser, teacher, there, settings, curve, within, keep, watch, clock)
    keep()
    learned = student if finished is None else finished()
    return Recovered(in_format(learned, kind), tuple(curve), settings)


def in_format(model: nn.Module, kind: torch.dtype) -> nn.Module:
    """A model, whose parameters are put in a number format; what it computes positions by stays in single precision."""
    for weight in model.parameters():
        weight.data = weight.data.to(kind)
    return model


def _check(checkpoint: nn.Module, windows: Windows, settings: RecoverySettings) -> None:
    if len(windows.inputs) < settings.windows:
        raise InputError(
            f"text {windows.name}: expected at least {settings.windows} windows, those of one step of recovery, found "
            f"{len(windows.inputs)}: give a longer text"
        )
    if checkpoint.training:
        raise InputError("recovery: expected a checkpoint in evaluation mode, found one in training")


def _learn(
    student: nn.Module,
    optimiser: torch.optim.Optimizer,
    teacher: Teacher,
    windows: Windows,
    settings: RecoverySettings,
    curve: list[Point],
    within: Within | None,
    keep: Callable[[], None],
    watch: Watch,
    clock: Callable[[], float],
) -> None:
    """Go from where the curve ends to the end."""
    before = curve[-1].seconds if curve else 0.0
    begun = saved = clock()
    for step, drawn in _steps(len(windows.inputs), settings, len(curve)):
        if settings.seconds is not None and before + clock() - begun >= settings.seconds:
            return
        answers = [teacher.logits(window) for window in drawn]
        of_it = nullcontext() if within is None else within.at(student, step)
        with of_it, torch.autocast(windows.inputs.device.type, torch.bfloat16, enabled=settings.mixed):
            logits = logits_of(student, windows.inputs[list(drawn)])
        missed = distilled(logits, windows.labels[list(drawn)], answers, settings.language_loss)
        del logits, answers
        if not math.isfinite(float(missed.total.detach())):
            raise LpzeroError(f"recovery: the loss is not finite at step {step}: give a lower `rate`")
        missed.total.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        now = clock()
        curve.append(Point(step, missed.divergence, missed.loss, before + now - begun))
        if now - saved >= SAVE_SECONDS:
            keep()
            saved = clock()
        watch(_progress(curve[-1], settings))


def _steps(windows: int, settings: RecoverySettings, done: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """(step, its windows) from the step after ``done`` on: each window once in an order, then all in another order."""
    a_round = windows // settings.windows
    step, order, of_round = done, np.empty(0, dtype=np.int64), -1
    while settings.steps is None or step < settings.steps:
        number, place = divmod(step, a_round)
        if number != of_round:
            rng = np.random.default_rng(derived_seed(settings.seed, "order", str(number)))
            order, of_round = rng.permutation(windows), number
        step += 1
        yield step, tuple(int(window) for window in order[place * settings.windows :][: settings.windows])


def _progress(point: Point, settings: RecoverySettings) -> Progress:
    facts = f"divergence {point.divergence:.3f}"
    if settings.steps is not None:
        return Progress(STEP, point.step / settings.steps, f"{point.step:,}/{settings.steps:,} steps, {facts}")
    assert settings.seconds is not None
    return Progress(STEP, min(1.0, point.seconds / settings.seconds), f"{point.step:,} steps, {facts}")
