"""How well scores rank search and validation: on one table, or on several at once whose pairs never mix.

Of several tables each counts the same, whatever its size: a figure is the mean of theirs. A formula that is constant on
a table ranks none of its pairs and has a correlation of 0 there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from lpzero.fitness.batch import RankStatistics, rank_signatures, rank_statistics

Columns = dict[str, list[Any]]
"""Figures by name, one a formula."""
_NAMES = ("tau_b", "tau_a", "rho", "distinct", "finite", "overflow", "constant", "vanishing", "signature")
_MEANS = ("tau_b", "tau_a", "rho")


@dataclass(frozen=True)
class Judge:
    """What scores are compared with.

    Attributes:
        quality: (search + validation,) float64, higher is better, in that order.
        searched: How many of them are the search split.
        counted: (search + validation, search + validation) bool, the pairs that correlations are over; None for all.
        tables: (search + validation,) int64, the table that each is of, numbered from 0; None where there is one.
    """

    quality: Tensor
    searched: int
    counted: Tensor | None = None
    tables: Tensor | None = None

    def __len__(self) -> int:
        return len(self.quality)

    @property
    def search(self) -> slice:
        """The places of the search split."""
        return slice(self.searched)

    @property
    def validation(self) -> slice:
        """The places of the validation split."""
        return slice(self.searched, None)

    def ranks(self, part: slice) -> bool:
        """Whether a part can be ranked at all: on every table, where there are several."""
        return all(self._varies(places) for places in self._members(part))

    def figures(self, scores: Tensor, part: slice) -> Columns:
        """Rank statistics of a part as plain lists: one transfer a column, none a formula.

        Of several tables there are also ``least`` and ``most``, the lowest and the highest tau-a of them.
        """
        members = self._members(part)
        if len(members) == 1:
            return self._figures(scores, members[0])
        every = [self._figures(scores, places) for places in members]
        return {**_over_tables(every), "signature": rank_signatures(scores[:, part]).tolist()}

    def levelled(self, scores: np.ndarray) -> np.ndarray:
        """Scores (search + validation,) as they can be compared: of several tables, shares of ranks within each."""
        if self.tables is None:
            return scores
        tables, found = self.tables.cpu().numpy(), np.empty(len(scores))
        for table in np.unique(tables):
            found[tables == table] = stats.rankdata(scores[tables == table]) / (tables == table).sum()
        return found

    def _figures(self, scores: Tensor, places: Tensor) -> Columns:
        some = None if self.counted is None else self.counted[places][:, places]
        statistics: RankStatistics = rank_statistics(scores[:, places], self.quality[places], counted=some)
        return {name: getattr(statistics, name).tolist() for name in _NAMES}

    def _varies(self, places: Tensor) -> bool:
        quality = self.quality[places]
        counted = self.counted is None or bool(self.counted[places][:, places].any())
        return len(quality) > 1 and bool((quality != quality[0]).any()) and counted

    def _members(self, part: slice) -> list[Tensor]:
        """The places of a part on each table."""
        places = self._places[part]
        if self.tables is None:
            return [places]
        return [places[self.tables[part] == table] for table in range(int(self.tables.max()) + 1)]

    @cached_property
    def _places(self) -> Tensor:
        return torch.arange(len(self.quality), device=self.quality.device)


def _over_tables(every: list[Columns]) -> Columns:
    columns = {name: np.array([one[name] for one in every]) for name in every[0]}
    finite, constant = columns["finite"], columns["constant"]
    taken = {name: np.where(constant, 0.0, columns[name]) for name in _MEANS}
    figures = {name: values.mean(axis=0) for name, values in taken.items()} | {
        "least": taken["tau_a"].min(axis=0),
        "most": taken["tau_a"].max(axis=0),
        "distinct": columns["distinct"].mean(axis=0),
        "finite": finite.all(axis=0),
        "overflow": (finite | columns["overflow"]).all(axis=0) & ~finite.all(axis=0),
        "constant": constant.all(axis=0),
        "vanishing": columns["vanishing"].all(axis=0),
    }
    return {name: column.tolist() for name, column in figures.items()}


def averaged(drawn: list[Columns]) -> Columns:
    """The figures of several initialisations: means of what can be averaged, defined where all of them are.

    What goes wrong is an overflow, or vanishes, where nothing else goes wrong on any of them.
    """
    if len(drawn) == 1:
        return drawn[0]
    columns = {name: np.array([one[name] for one in drawn]) for name in drawn[0]}
    finite, constant = columns["finite"], columns["constant"]
    means = [name for name in (*_MEANS, "least", "most") if name in columns]
    figures = {name: columns[name].mean(axis=0) for name in means} | {
        "finite": finite.all(axis=0),
        "overflow": (finite | columns["overflow"]).all(axis=0) & ~finite.all(axis=0),
        "constant": constant.any(axis=0),
        "vanishing": (~constant | columns["vanishing"]).all(axis=0) & constant.any(axis=0),
    }
    return {**drawn[0], **{name: column.tolist() for name, column in figures.items()}}
