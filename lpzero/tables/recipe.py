"""The recipe of a table's trainings: everything that decides a loss, beside the architecture and its seed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from lpzero.spaces.space import Objective

DIGEST_DIGITS = 16


@dataclass(frozen=True)
class Recipe:
    """How every architecture of a table is trained.

    Attributes:
        space: Name of the space.
        protocol: Its protocol: ``own`` or ``own-N``.
        objective: ``"masked"`` or ``"causal"``.
        tokens: How text becomes ids.
        vocabulary: Number of ids.
        tokenizer_sha256: SHA-256 of what maps text to ids.
        train_sha256: SHA-256 of the training text.
        validation_sha256: SHA-256 of the validation text.
        unigram_entropy: Of the training ids, in nats a token.
        seed: Seed of the draw of architectures, of the batches and of the masks: the same batches for all.
        steps: Optimiser steps.
        batch: Sequences of a step.
        length: Tokens of a sequence.
        learning_rate: The highest rate of AdamW.
        warm_up: Steps over which the rate rises from 0; it then falls to 0 as half a cosine.
        betas: Of AdamW.
        weight_decay: Of AdamW, on every parameter.
        clip: Largest norm of the gradient.
        mask_share: Share of the tokens that the masked objective hides and predicts; None for the causal one.
        points: Steps behind which the validation loss is measured, the last one among them.
        validation_sequences: Sequences of ``length`` tokens that the validation loss is measured on.
        dtype: ``"float32"``.
        device: ``"cpu"`` or ``"cuda"``.
    """

    space: str
    protocol: str
    objective: Objective
    tokens: str
    vocabulary: int
    tokenizer_sha256: str
    train_sha256: str
    validation_sha256: str
    unigram_entropy: float
    seed: int
    steps: int
    batch: int
    length: int
    learning_rate: float
    warm_up: int
    betas: tuple[float, float]
    weight_decay: float
    clip: float
    mask_share: float | None
    points: tuple[int, ...]
    validation_sequences: int
    dtype: str
    device: str

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON text, its first 16 hexadecimal digits."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_DIGITS]
