"""A table that predictors are judged by, and the draws of labels that they are judged in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lpzero.errors import InputError
from lpzero.predictors.conformal import check_level
from lpzero.predictors.description import Source
from lpzero.predictors.evaluation import Split, Trained, draw_splits, kept_split, published_splits
from lpzero.predictors.labels import table_noise
from lpzero.predictors.prompted import Asker
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table, load_trained

LABELS, SPLITS = 32, 20
PUBLISHED = "published"
"""The splits that a table was published with, in the place of draws."""


@dataclass(frozen=True)
class Judged:
    """A table to judge predictors by.

    Attributes:
        table: The table.
        space: Its space, under the protocol in question.
        trained: Its trainings.
        level: Confidence level of the intervals.
        seed: Seed of the draws.
    """

    table: Table
    space: SearchSpace
    trained: Trained
    level: float
    seed: int

    @classmethod
    def of(cls, given: str | Path | Table, protocol: str | None, level: float, within: float, seed: int) -> Judged:
        """Load it; the arguments are those of :func:`lpzero.evaluate_predictor`, and so are the errors."""
        check_level(level)
        table, trainings = (given, ()) if isinstance(given, Table) else load_trained(str(given))[:2]
        space = get_space(table.space, table.protocol(protocol))
        trained = Trained.of(table, space, noise=table_noise(table, trainings, space), within=within, seed=seed)
        return cls(table, space, trained, level, seed)

    def splits(
        self,
        labels: int | None,
        splits: int | None,
        split: str | None,
        asked: int | None,
        fitted_to: Sequence[Architecture] = (),
    ) -> tuple[list[Split], list[str]]:
        """The draws; or the table's own splits with their names; or what a kept predictor was fitted to, and the rest.

        Args:
            labels: Labelled models of each draw; None for 32.
            splits: Draws; None for 20.
            split: ``"published"`` for the table's own splits.
            asked: Architectures that are asked about in each; None for all.
            fitted_to: What a kept predictor was fitted to: where some of it is in the table, nothing is drawn.

        Raises:
            InputError: A number is out of its range, or is decided otherwise.
        """
        own = kept_split(self.trained, self.space, fitted_to, asked)
        if own is not None:
            _nothing_beside(
                "a predictor that was fitted to some of the table", labels=labels, splits=splits, split=split
            )
            return [own], []
        if split is None:
            numbers = LABELS if labels is None else labels, SPLITS if splits is None else splits
            return draw_splits(self.trained.groups, *numbers, self.seed, asked), []
        if split != PUBLISHED:
            raise InputError(f"`split`: expected {PUBLISHED!r}, found {split!r}")
        _nothing_beside("`split`, whose splits say it", labels=labels, splits=splits, asked=asked)
        return published_splits(self.table), [one.name for one in self.table.beside.splits]

    def drawn(self, splits: Sequence[Split]) -> list[Architecture]:
        """The architectures that have a part in any draw."""
        indices = sorted({int(i) for split in splits for i in (*split.labelled, *split.asked)})
        return [self.trained.architectures[i] for i in indices]

    def header(self, source: Source, splits: int, asker: Asker | None) -> dict[str, Any]:
        """What both results begin with, by the names of their fields."""
        asked = {} if asker is None else {"asked": asker.figures()}
        return {
            **asked,
            "table": self.table.name,
            "protocol": self.space.protocol,
            "quality": self.table.quality,
            "unit": self.table.unit,
            "direction": "higher" if self.table.higher_is_better else "lower",
            "features": [*source.groups, *(proxy.name for proxy in source.proxies)],
            "level": self.level,
            "noise": None if self.trained.noise is None else round(self.trained.noise, 6),
            "seed": self.seed,
            "splits": splits,
            "within": self.trained.within,
            "n": len(self.trained.architectures),
        }


def _nothing_beside(what: str, **given: object) -> None:
    for name, value in given.items():
        if value is not None:
            raise InputError(f"`{name}`: expected none beside {what}, found {value}")
