"""What has been scored: raw scores by model, and what each is worth among all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace


@dataclass(frozen=True)
class Scored:
    """One scored architecture.

    Attributes:
        architecture: The architecture.
        scores: One a proxy, in its own direction; None where the model could not be scored.
        status: ``"ok"``, or what went wrong first, as of :class:`lpzero.proxy.score.ScoreStatus`.
    """

    architecture: Architecture
    scores: tuple[float | None, ...]
    status: str = "ok"

    @property
    def ok(self) -> bool:
        """Whether every proxy has a score."""
        return None not in self.scores


@dataclass
class Ledger:
    """The scores so far.

    Attributes:
        space: The space that builds the models.
        higher: The direction of each proxy.
        entries: By key of the model, in the order of scoring.
    """

    space: SearchSpace
    higher: tuple[bool, ...]
    entries: dict[str, Scored] = field(default_factory=dict)
    _worths: dict[str, float] = field(default_factory=dict)

    def add(self, batch: Sequence[Scored]) -> None:
        """Add what was scored; every worth follows anew."""
        for scored in batch:
            self.entries[self.space.model_key(scored.architecture)] = scored
        self._worths = {}

    def __contains__(self, architecture: Architecture) -> bool:
        return self.space.model_key(architecture) in self.entries

    def worth(self, architecture: Architecture) -> float:
        """Mean over the proxies of the rank among all that is scored, higher is better; -1 where there is no score."""
        if not self._worths:
            keys = [key for key, scored in self.entries.items() if scored.ok]
            scores = [self.entries[key].scores for key in keys]
            raw = np.array(scores, dtype=np.float64).reshape(len(keys), len(self.higher))
            signs = np.where(self.higher, 1.0, -1.0)
            ranks = stats.rankdata(raw * signs, axis=0).mean(axis=1) if keys else np.empty(0)
            self._worths = dict(zip(keys, ranks.tolist(), strict=True))
        return self._worths.get(self.space.model_key(architecture), -1.0)

    def mean_rank(self, architecture: Architecture) -> float | None:
        """Its worth; None where it has none."""
        worth = self.worth(architecture)
        return worth if self.space.model_key(architecture) in self._worths else None

    def best(self, number: int) -> list[Scored]:
        """The ``number`` best that have scores, the best first; of equal ones the first that was scored."""
        valid = [scored for scored in self.entries.values() if scored.ok]
        return sorted(valid, key=lambda scored: -self.worth(scored.architecture))[:number]
