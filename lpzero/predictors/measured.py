"""What was measured and published of the architectures of a table, as a predictor of their quality.

A supernet that was trained for it says a quality of every architecture, without any label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lpzero.predictors.prediction import Labelled, Prediction, PredictionStatus, failed
from lpzero.spaces.architecture import Architecture
from lpzero.tables import Table
from lpzero.tables.measured import Column

PREFIX = "lookup:"
"""What stands before the name of a column where a predictor is named."""


@dataclass(frozen=True)
class Measured:
    """A column of a table: its values are what it says, in its own unit and direction, whatever the labels are.

    Attributes:
        column: The column.
        values: By digest of the architecture.
    """

    column: Column
    values: Mapping[str, float]

    @classmethod
    def of(cls, table: Table, name: str) -> Measured:
        """A column of a table by its name; raises InputError where there is none of that name."""
        column = table.beside.column(name)
        digests = (record.architecture.digest for record in table.records)
        return cls(column, dict(zip(digests, column.values, strict=True)))

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{PREFIX}{self.column.name}"

    @property
    def higher_is_better(self) -> bool:
        """The column's direction."""
        return self.column.higher_is_better

    @property
    def in_unit(self) -> bool:
        """Whether it estimates the quality itself."""
        return self.column.of_quality

    @property
    def cost(self) -> Literal["cheap", "expensive"]:
        """What its values took."""
        return self.column.cost

    def fit(self, labelled: Labelled) -> Measured:
        """It needs no labels."""
        del labelled
        return self

    def predict(self, architectures: Sequence[Architecture]) -> list[Prediction]:
        """What was measured; anything else has the status ``failed``."""
        return [self._said(self.values.get(one.digest)) for one in architectures]

    def _said(self, value: float | None) -> Prediction:
        if value is None:
            return failed(self.name, "the table does not have it")
        return Prediction(value, None, None, PredictionStatus.OK, None, self.name)
