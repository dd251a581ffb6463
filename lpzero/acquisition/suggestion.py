"""What is suggested: an architecture, what its training is expected to give, and how likely that beats the best."""

from __future__ import annotations

from dataclasses import dataclass

from lpzero.spaces.architecture import Architecture

START, LABELS = "start", "labels"
"""What a suggestion follows from: counts and a proxy alone, or labels."""


@dataclass(frozen=True)
class Suggestion:
    """One architecture to train.

    Attributes:
        architecture: The architecture.
        value: What is expected of its training, in the unit of the labels; None where there are too few labels.
        low: Lower end of the interval of one training; None likewise.
        high: Upper end of it.
        chance: The probability that it beats the best so far, from 0 to 1; None likewise.
        by: ``"start"`` or ``"labels"``: what it follows from.
    """

    architecture: Architecture
    value: float | None
    low: float | None
    high: float | None
    chance: float | None
    by: str


@dataclass(frozen=True)
class Batch:
    """What is suggested at a time.

    Attributes:
        suggestions: The first to train first; fewer than were asked for where no more architectures are left.
        chance: The highest probability that any one of the candidates beats the best so far; None with too few labels.
        candidates: How many were looked at.
        left_out: How many of these could not be described.
    """

    suggestions: tuple[Suggestion, ...]
    chance: float | None
    candidates: int
    left_out: int
