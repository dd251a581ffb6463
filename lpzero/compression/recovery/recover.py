"""Distillation from the full checkpoint: the sub-network learns to answer as the checkpoint does.

The divergence KL(checkpoint || sub-network), nats a token, is the mean over all tokens of the step, and nothing is
random but the order of the text: models are in evaluation mode, so that dropout is off.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lpzero.compression.recovery.adapters import with_adapters
from lpzero.compression.recovery.settings import RecoverySettings
from lpzero.compression.recovery.state import Point, load_state, origin, save_state
from lpzero.compression.recovery.teacher import Teacher
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


def recover(
    model: nn.Module,
    checkpoint: nn.Module,
    ids: Tensor,
    settings: RecoverySettings,
    *,
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
        ids: (tokens,) token ids of a text; pieces that overlap in no token are drawn without repetition until all were.
        settings: How.
        folder: Where the state is kept, every minute and at the end; a recovery that was stopped goes on from there as
            if nothing had happened. None to keep none.
        answers: Where the answers of the checkpoint to these pieces are kept, which several recoveries may share; None
            for a folder inside ``folder``.
        watch: Told of every step.
        clock: Seconds, for settings that give a time.

    Raises:
        InputError: The text has too few tokens for a step, or ``folder`` holds another recovery.
        MissingError: Adapters are asked for, and peft is not installed.
        LpzeroError: The loss is no longer finite, or the state cannot be written.
    """
    pieces = _pieces(ids, settings)
    if answers is None and folder is not None:
        answers = folder / ANSWERS
    device = next(model.parameters()).device
    kind = next(model.parameters()).dtype
    start = origin(settings, pieces, list(model.parameters()))
    student, finished = copy.deepcopy(model).float().eval(), None
    if settings.rank is not None:
        student, finished = with_adapters(student, settings.rank, derived_seed(settings.seed, "adapters"))
    weights = [weight for weight in student.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=settings.rate, fused=True)
    curve = [] if folder is None else load_state(folder, weights, optimiser, start)
    teacher = _teaching(checkpoint, pieces.to(device), answers)

    def keep() -> None:
        if folder is not None and curve:
            save_state(folder, weights, optimiser, curve, start)

    _learn(student, optimiser, teacher, pieces.to(device), settings, curve, keep, watch, clock)
    keep()
    return Recovered((student if finished is None else finished()).to(kind), tuple(curve), settings)


def _pieces(ids: Tensor, settings: RecoverySettings) -> Tensor:
    number = len(ids) // settings.tokens
    if number < settings.sequences:
        raise InputError(
            f"recovery: expected text of {settings.sequences * settings.tokens:,} tokens at least, those of one step, "
            f"found {len(ids):,}: give more text, or fewer `tokens` a sequence"
        )
    return ids[: number * settings.tokens].reshape(number, settings.tokens)


def _teaching(checkpoint: nn.Module, pieces: Tensor, answers: Path | None) -> Teacher:
    if checkpoint.training:
        raise InputError("recovery: expected a checkpoint in evaluation mode, found one in training")
    return Teacher(checkpoint, pieces, answers)


def _learn(
    student: nn.Module,
    optimiser: torch.optim.Optimizer,
    teacher: Teacher,
    pieces: Tensor,
    settings: RecoverySettings,
    curve: list[Point],
    keep: Callable[[], None],
    watch: Watch,
    clock: Callable[[], float],
) -> None:
    """Go from where the curve ends to the end."""
    before = curve[-1].seconds if curve else 0.0
    begun = saved = clock()
    for step, drawn in _steps(len(pieces), settings, len(curve)):
        if settings.seconds is not None and before + clock() - begun >= settings.seconds:
            return
        answer = torch.stack([teacher.logits(piece) for piece in drawn])
        divergence, loss = _losses(student, pieces[list(drawn)], answer)
        total = divergence + settings.language_loss * loss
        if not math.isfinite(float(total.detach())):
            raise LpzeroError(f"recovery: the loss is not finite at step {step}: give a lower `rate`")
        total.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        now = clock()
        curve.append(Point(step, float(divergence.detach()), float(loss.detach()), before + now - begun))
        if now - saved >= SAVE_SECONDS:
            keep()
            saved = clock()
        watch(_progress(curve[-1], settings))


def _steps(pieces: int, settings: RecoverySettings, done: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """(step, its pieces) from the step after ``done`` on: each piece once in an order, then all in another order."""
    a_round = pieces // settings.sequences
    step, order, of_round = done, np.empty(0, dtype=np.int64), -1
    while settings.steps is None or step < settings.steps:
        number, place = divmod(step, a_round)
        if number != of_round:
            rng = np.random.default_rng(derived_seed(settings.seed, "order", str(number)))
            order, of_round = rng.permutation(pieces), number
        step += 1
        yield step, tuple(int(piece) for piece in order[place * settings.sequences :][: settings.sequences])


def _losses(student: nn.Module, ids: Tensor, answer: Tensor) -> tuple[Tensor, Tensor]:
    """Divergence from the answer (sequences, tokens, vocabulary), and the language-model loss, nats a token."""
    expected = answer.float().log_softmax(-1)
    found = student(input_ids=ids, use_cache=False).logits.float().log_softmax(-1)
    divergence = (expected.exp() * (expected - found)).sum(-1).mean()
    # a masked model is judged on the tokens that it sees: its language-model loss says little
    loss = cross_entropy(found[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
    return divergence, loss


def _progress(point: Point, settings: RecoverySettings) -> Progress:
    facts = f"divergence {point.divergence:.3f}"
    if settings.steps is not None:
        return Progress(STEP, point.step / settings.steps, f"{point.step:,}/{settings.steps:,} steps, {facts}")
    assert settings.seconds is not None
    return Progress(STEP, min(1.0, point.seconds / settings.seconds), f"{point.step:,} steps, {facts}")
