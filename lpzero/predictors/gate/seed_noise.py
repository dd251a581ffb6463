"""How far trainings of one model lie apart, and how well that is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lpzero.errors import InputError


@dataclass(frozen=True)
class SeedNoise:
    """The noise of training, which is taken to be the same for every architecture.

    Attributes:
        deviation: Standard deviation between trainings of one model, in the unit of the quality, at least 0.
        freedom: Degrees of freedom of it, above 0; infinity where it was given.
    """

    deviation: float
    freedom: float = math.inf

    def __post_init__(self) -> None:
        """Check both, or raise InputError."""
        if not (math.isfinite(self.deviation) and self.deviation >= 0):
            raise InputError(f"`noise`: expected a standard deviation of at least 0, found {self.deviation}")


def pooled_noise(noise: SeedNoise | None, *trained: Sequence[float]) -> SeedNoise | None:
    """The noise of training as several seeds of some models tell it, beside what was known.

    Args:
        noise: What is known: one that was given stays as it is, one that was measured is pooled; None where nothing is.
        trained: Of each model the qualities of its trainings, finite; no seeds, or one, tell nothing.

    Returns:
        None where nobody knows it.

    Raises:
        InputError: All seeds of every model agree, where nothing else tells the noise.
    """
    free = sum(max(len(one) - 1, 0) for one in trained)
    if not free or (noise is not None and math.isinf(noise.freedom)):
        return noise
    squares = sum(float(((np.array(one) - np.mean(one)) ** 2).sum()) for one in trained if len(one))
    known, freedom = (0.0, 0.0) if noise is None else (noise.deviation, noise.freedom)
    squares, freedom = squares + freedom * known**2, freedom + free
    if squares == 0:
        raise InputError("expected trainings with different seeds, found equal qualities of them: give `noise`")
    return SeedNoise(math.sqrt(squares / freedom), freedom)
