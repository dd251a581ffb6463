"""What formulas say of the replacements of tables of choices: one part of one layer at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lpzero.compression.choices.listing import Part
from lpzero.compression.choices.table import ChoicesTable
from lpzero.compression.choices.units import PartUnits
from lpzero.compression.choosing.importance import Kind
from lpzero.formula import Formula
from lpzero.formula.evaluate import MEMORY_LIMIT, Evaluator
from lpzero.formula.sharded import Scores


@dataclass(frozen=True)
class ScoredPart:
    """A part whose replacements are scored.

    Attributes:
        units: What its units do.
        part: In which order they go, and how many.
        places: Where its scores stand among all.
    """

    units: PartUnits
    part: Part
    places: tuple[int, ...]


class ChoicesEvaluator:
    """Evaluates formulas on replacements; parts that formulas share are computed once.

    Args:
        parts: The parts; their places together are all from 0 on, each once.
    """

    def __init__(self, parts: Sequence[ScoredPart]) -> None:
        self._parts = tuple(parts)
        self._number = sum(len(part.places) for part in parts)

    def score_all(self, formulas: Sequence[Formula]) -> Scores:
        """The scores of formulas, (formulas, replacements) float64, not finite where one overflows.

        Raises:
            InputError: A formula is no scalar, or has an operand of whole models.
        """
        values = torch.full((len(formulas), self._number), torch.nan, dtype=torch.float64)
        for one in self._parts:
            source = one.units.source(one.part.order, one.part.removed)
            evaluator = Evaluator(source, MEMORY_LIMIT)
            places = torch.tensor(one.places)
            for row, formula in enumerate(formulas):
                values[row, places] = evaluator.score_tensor(formula)
        return Scores(values, np.zeros(len(formulas), dtype=bool))

    def score_tensor(self, formula: Formula) -> Tensor:
        """The same of one formula, (replacements,)."""
        return self.score_all([formula]).values[0]

    def scores(self, formula: Formula) -> np.ndarray:
        """The same as an array."""
        found: np.ndarray = self.score_tensor(formula).numpy()
        return found

    def scores_by_kind(self, formulas: dict[Kind, Formula]) -> np.ndarray:
        """The scores of a formula for each kind of part."""
        found = self.score_all(list(formulas.values())).values.numpy()
        rows = dict(zip(formulas, found, strict=True))
        scores = np.empty(self._number)
        for one in self._parts:
            scores[list(one.places)] = rows[one.part.kind][list(one.places)]
        return scores


def evaluator_of(tables: Sequence[ChoicesTable], wanted: Sequence[Sequence[int]]) -> ChoicesEvaluator:
    """An evaluator of some records of tables.

    Args:
        tables: The tables.
        wanted: Of each table the places of its records; all of those of a part, or none. Scores stand in this order,
            table after table.
    """
    parts, first = [], 0
    for table, places in zip(tables, wanted, strict=True):
        stands = {place: first + number for number, place in enumerate(places)}
        first += len(places)
        parts += [
            ScoredPart(table.units(part), part, tuple(stands[place] for place in of_part))
            for part, of_part in table.parts()
            if _wanted(of_part, stands)
        ]
    return ChoicesEvaluator(parts)


def _wanted(places: Sequence[int], stands: Collection[int]) -> bool:
    return all(place in stands for place in places)
