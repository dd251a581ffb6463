"""What a table knows of a pick: regret and percentile among what fits the limits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits
from lpzero.fitness.regret import percentile
from lpzero.nas.result import PickTruth
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace
from lpzero.tables import Table


@dataclass(frozen=True)
class Truth:
    """The qualities of the models that fit, higher is better; of a model that was trained more than once, the mean.

    Attributes:
        space: What builds the models.
        quality: By key of the model.
    """

    space: SearchSpace
    quality: dict[str, float]

    @classmethod
    def of(cls, table: Table, costs: Costs, limits: CostLimits, left_out: frozenset[str]) -> Truth:
        """From a table, without the records that are left out."""
        space, trained = costs.space, dict[str, list[float]]()
        for record, quality in zip(table.records, table.oriented, strict=True):
            fits = limits.excess(partial(costs.of, record.architecture)) is None
            if fits and record.id not in left_out:
                trained.setdefault(space.model_key(record.architecture), []).append(float(quality))
        return cls(space, {key: float(np.mean(values)) for key, values in trained.items()})

    def of_pick(self, architecture: Architecture) -> PickTruth:
        """What the table says of an architecture that fits."""
        mine = self.quality[self.space.model_key(architecture)]
        every = np.array(list(self.quality.values()))
        return PickTruth(
            quality=round(mine, 6),
            regret=round(float(every.max()) - mine, 6),
            percentile=round(float(percentile(np.array([mine]), every)[0]), 4),
        )
