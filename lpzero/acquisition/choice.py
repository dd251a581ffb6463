"""The choice of a batch among candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lpzero.acquisition.belief import Belief, Columns
from lpzero.acquisition.improvement import ACQUISITIONS, chance
from lpzero.fitness.regression import Scale
from lpzero.fitness.resample import Floats
from lpzero.predictors.description import Description


@dataclass(frozen=True)
class Picked:
    """One pick.

    Attributes:
        index: Of the candidate.
        mean: What was believed of it before any of the batch, on the scale of the regression.
        deviation: The standard deviation of that.
        chance: The probability that it beats the best label.
    """

    index: int
    mean: float
    deviation: float
    chance: float


@dataclass(frozen=True)
class Choice:
    """Candidates and what is known, as columns.

    The rows are the labelled architectures, then the pending ones, then the candidates.

    Attributes:
        columns: Of all rows.
        labels: (labelled,), on the scale of the regression, higher is better.
        pending: How many are pending.
        scale: The scale.
    """

    columns: Columns
    labels: Floats
    pending: int
    scale: Scale

    @classmethod
    def of(
        cls,
        labelled: Sequence[Description],
        quality: Floats,
        pending: Sequence[Description],
        candidates: Sequence[Description],
    ) -> Choice:
        """Make columns of descriptions, none of which has a reason.

        Args:
            labelled: Of the labelled architectures, at least 2.
            quality: (labelled,), higher is better.
            pending: Of those whose training goes on.
            candidates: Of those that may be chosen.
        """
        scale = Scale.of(quality)
        columns = Columns.of([*labelled, *pending, *candidates])
        return cls(columns, scale.regressed(quality), len(pending), scale)

    @property
    def best(self) -> float:
        """The best label, on the scale of the regression."""
        return float(self.labels.max())

    def picks(self, number: int, acquisition: str) -> tuple[list[Picked], float]:
        """Up to ``number`` candidates, and the highest probability that any one beats the best label.

        The one that the acquisition puts highest is first; for the next it is as if the ones before it, and those
        that are pending, had been trained and given what was expected of them, so that what is like them promises less:
        the kriging believer of Ginsbourger, Le Riche & Carraro (2010). Of equal ones the first is taken.

        Args:
            number: How many, at least 1.
            acquisition: One of :data:`lpzero.acquisition.improvement.ACQUISITIONS`.
        """
        known, every = len(self.labels), len(self.columns.values)
        left = list(range(known + self.pending, every))
        if not left:
            return [], 0.0
        first = self._believed(range(known), self.labels, left)
        chances = chance(first, self.best)
        rows, labels = list(range(known)), self.labels
        if self.pending:
            waiting = list(range(known, known + self.pending))
            rows, labels = rows + waiting, np.append(labels, self._believed(rows, labels, waiting).mean)
        found: list[Picked] = []
        belief = self._believed(rows, labels, left) if self.pending else first
        while True:
            place = int(np.argmax(ACQUISITIONS[acquisition](belief, float(labels.max()))))
            row = left.pop(place)
            at = row - known - self.pending
            found.append(Picked(at, float(first.mean[at]), float(first.deviation[at]), float(chances[at])))
            if len(found) == number or not left:
                return found, float(chances.max())
            rows, labels = [*rows, row], np.append(labels, belief.mean[place])
            belief = self._believed(rows, labels, left)

    def _believed(self, rows: Sequence[int], labels: Floats, asked: Sequence[int]) -> Belief:
        return self.columns.believed(rows, labels, asked)
