"""A checkpoint with the texts that it is looked at with: what to choose by, what to refit on, what to prove it on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from lpzero.compression.cutting.layout import Layout, read_layout
from lpzero.compression.losses import window_losses
from lpzero.compression.proof import Question
from lpzero.compression.texts import (
    LEAST_WINDOWS,
    Windows,
    check_context,
    check_ids,
    check_other,
    halves,
    read_text,
    to_predict,
    tokenised,
    windows,
)
from lpzero.errors import InputError

MEASURING = 4
"""Windows of those to choose by that divergences are measured on."""
STRANGE = 1.1
"""Nats a byte above which a text is none that a model was trained on: English takes a good one .6, noise 5."""


@dataclass(frozen=True)
class Texts:
    """The texts, read before anything that takes long.

    Attributes:
        calibration: What may be looked at.
        held_out: The end of the calibration text, which is not.
        checks: Further texts, by name.
    """

    calibration: tuple[str, str]
    held_out: tuple[str, str]
    checks: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Calibrated:
    """A checkpoint and the windows that it is looked at with.

    Attributes:
        model: The checkpoint, in evaluation mode.
        layout: Its shape.
        tokenizer: Its tokenizer.
        choosing: Windows of the calibration text to choose by.
        measuring: The first of these, to measure divergences on.
        fitting: (windows, tokens) ids of it to refit on.
        learning: All windows of it, to recover on.
        sha256: Of the calibration text.
        questions: What losses are measured on, none of which is looked at before.
        notes: What a user should know of the texts.
    """

    model: nn.Module
    layout: Layout
    tokenizer: Any
    choosing: Windows
    measuring: Windows
    fitting: Tensor
    learning: Windows
    sha256: str
    questions: tuple[Question, ...]
    notes: tuple[str, ...]


def read_texts(calibration: Path, checks: Sequence[Path]) -> Texts:
    """Read all texts; raises InputError where one is not usable, two have one name, or one is the calibration text."""
    whole = read_text(calibration)
    looked_at, held_out = halves(whole)
    found = tuple((path.name, read_text(path)) for path in checks)
    names = [calibration.name, *(name for name, _ in found)]
    if len(set(names)) < len(names):
        raise InputError(f"`check`: expected files of different names, found {', '.join(names)}")
    for name, text in found:
        check_other(whole, text, name)
    return Texts((calibration.name, looked_at), (calibration.name, held_out), found)


def calibrate(
    model: nn.Module, tokenizer: Any, texts: Texts, *, looking: int, fitting: int, proving: int, context: int, seed: int
) -> Calibrated:
    """Lay out the windows of texts for a checkpoint.

    Args:
        model: The checkpoint, in evaluation mode.
        tokenizer: Its tokenizer.
        texts: The texts.
        looking: Windows to choose by, at most.
        fitting: Windows to refit on, at most.
        proving: Windows of each text to measure losses on, at most.
        context: Tokens of a window.
        seed: Of what is masked, where the objective is masked.

    Raises:
        InputError: The model cannot be cut, has a shorter context, or a text is too short.
    """
    layout = read_layout(model)
    check_context(context, model.config)
    name, text = texts.calibration
    looked_at = check_ids(tokenised(tokenizer, text, name), model.config)
    mask = getattr(tokenizer, "mask_token_id", None)

    def question(name: str, ids: Tensor) -> Windows:
        return to_predict(name, ids, layout.objective, mask, seed)

    choosing = question(name, windows(looked_at, looking, context))
    measuring = Windows(name, choosing.inputs[:MEASURING], choosing.labels[:MEASURING])
    notes = _notes(model, measuring, looked_at.bytes / max(1, len(looked_at.ids)))
    questions = []
    for place, (called, asked) in enumerate((texts.held_out, *texts.checks)):
        tokens = check_ids(tokenised(tokenizer, asked, called), model.config)
        if place == 0 and len(tokens.ids) < LEAST_WINDOWS * context:
            if not texts.checks:
                raise InputError(
                    f"text {name}: expected a last tenth of at least {LEAST_WINDOWS * context} tokens, to measure "
                    f"losses on, found {len(tokens.ids)}: give a longer text, or another one to `check`"
                )
            notes.append(f"the end of {name} is too short to measure a loss on: the other texts alone are the proof")
            continue
        questions.append(Question(question(called, windows(tokens, proving, context)), tokens.sha256))
    return Calibrated(
        model,
        layout,
        tokenizer,
        choosing,
        measuring,
        windows(looked_at, fitting, context),
        question(name, windows(looked_at, len(looked_at.ids), context)),
        looked_at.sha256,
        tuple(questions),
        tuple(notes),
    )


def _notes(model: nn.Module, measuring: Windows, bytes_a_token: float) -> list[str]:
    loss = float(window_losses(model, measuring).mean())
    if not loss / bytes_a_token > STRANGE:
        return []
    return [
        f"the full model has a loss of {loss:.2f} nats a token on {measuring.name}, {loss / bytes_a_token:.2f} a byte: "
        "it does not seem to be text of a language that it knows, and what is chosen by it may suit no other"
    ]
