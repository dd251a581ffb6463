"""Where labels come from: a file with its space and direction, or a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lpzero.errors import InputError
from lpzero.predictors.labels import labels_of, read_labels, table_noise
from lpzero.predictors.prediction import Labelled
from lpzero.predictors.prompted import Task
from lpzero.result import Direction
from lpzero.seeds import derived_seed
from lpzero.spaces import get_space
from lpzero.spaces.space import SearchSpace
from lpzero.tables import load_trained


@dataclass(frozen=True)
class LabelSource:
    """Labels as a user names them; the attributes are the arguments of :func:`lpzero.fit_predictor`."""

    labels: str | Path | None
    space: str | Path | None
    protocol: str | None
    direction: Direction | None
    table: str | Path | None
    number: int | None
    quality: str
    noise: float | None
    seed: int

    def check(self) -> None:
        """Raise InputError where neither a file nor a table is named, or both, or something beside it."""
        if (self.labels is None) == (self.table is None):
            raise InputError("expected `labels` or a `table`, found " + ("neither" if self.labels is None else "both"))
        if self.table is not None:
            if self.space is not None or self.direction is not None:
                raise InputError("a `table` says its space and direction: expected neither beside it")
            return
        if self.space is None or self.direction is None:
            missing = "space" if self.space is None else "direction"
            raise InputError(f"`{missing}` is missing: a file of `labels` does not say it")
        is_higher(self.direction)
        if self.number is not None:
            raise InputError("`number` draws from a `table`: expected none beside `labels`")

    def read(self) -> tuple[SearchSpace, Labelled, Task]:
        """The space, the labels, and what they are labels of.

        Raises:
            InputError: As of :meth:`check`, or a label is not as expected.
            MissingError: The table is not here.
        """
        self.check()
        if self.labels is None:
            return self._of_table(str(self.table))
        place, better = get_space(str(self.space), self.protocol), is_higher(str(self.direction))
        path = Path(self.labels)
        found = read_labels(path, place, higher_is_better=better, quality=self.quality, noise=self.noise)
        return place, found, Task(self.quality, "", better)

    def _of_table(self, name: str) -> tuple[SearchSpace, Labelled, Task]:
        measured, trainings, _ = load_trained(name)
        place = get_space(measured.space, measured.protocol(self.protocol))
        if self.number is not None and not 2 <= self.number <= measured.n:
            raise InputError(f"`number`: expected from 2 to {measured.n}, found {self.number}")
        order = np.random.default_rng(derived_seed(self.seed, "labels", "0")).permutation(measured.n)
        known = table_noise(measured, trainings, place) if self.noise is None else self.noise
        return place, labels_of(measured, order[: self.number].tolist(), known), Task.of(measured)


def is_higher(direction: str) -> bool:
    """Whether higher qualities are better; raises InputError for what is no direction."""
    if direction not in ("higher", "lower"):
        raise InputError(f"`direction`: expected higher or lower, found {direction!r}")
    return direction == "higher"


def direction_of(*, higher_is_better: bool) -> Direction:
    """The word for it."""
    return "higher" if higher_is_better else "lower"
