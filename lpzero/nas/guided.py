"""Guided evolution: of many architectures the one is scored of which a regression on their choices expects most."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lpzero.fitness.regression import ridge_model
from lpzero.nas.pool import Pool
from lpzero.nas.proposals import BATCH, Proposals, Proposed, Worth
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.features import features

POPULATION = 10
TOURNAMENT = 5
SCREENED = 16
"""Candidates of which the one with the highest expected worth is scored."""
FRESH = 0.5
"""Share of the architectures that are drawn at random; the others are bred."""


@dataclass(frozen=True)
class Expectation:
    """A ridge regression of worth on features.

    Attributes:
        names: The features.
        model: The fitted estimator of scikit-learn.
    """

    names: tuple[str, ...]
    model: Any

    @classmethod
    def fit(cls, scored: Sequence[Architecture], worths: Sequence[float]) -> Expectation:
        """Fit it to two architectures or more and their worths, one each."""
        rows = [features(architecture) for architecture in scored]
        names = tuple(sorted(set().union(*rows)))
        return cls(names, ridge_model().fit(_table(names, rows), np.array(worths)))

    def of(self, architectures: Sequence[Architecture]) -> np.ndarray:
        """The expected worths, (architectures,); a feature that was never met counts for nothing."""
        return np.asarray(self.model.predict(_table(self.names, [features(one) for one in architectures])))


def _table(names: Sequence[str], rows: Sequence[Mapping[str, float]]) -> np.ndarray:
    return np.array([[row.get(name, 0.0) for name in names] for row in rows])


def guided_evolution(pool: Pool, rng: np.random.Generator, worth: Worth) -> Proposals:
    """Regularised evolution whose children a predictor screens, as in NPENAS (Wei et al. 2020, arXiv 2003.12857).

    The predictor is a ridge regression of worth on counts of choices, its penalty chosen by leave-one-out, fitted anew
    behind every batch; no model is built for an architecture that is screened out. Deviations: half of them are random
    ones, so that a few looks find their way, and no network is trained.

    Args:
        pool: Where architectures come from.
        rng: Source of randomness.
        worth: Of what was proposed, higher is better.

    Yields:
        Batches of new architectures, until the pool has none left.
    """
    proposed = Proposed(pool)
    population: deque[Architecture] = deque(maxlen=POPULATION)
    scored: list[Architecture] = []
    expected: Expectation | None = None

    def parent() -> Architecture:
        drawn = rng.integers(len(population), size=TOURNAMENT)
        return max((population[int(i)] for i in drawn), key=worth)

    def one(taken: set[str]) -> Architecture | None:
        if rng.random() < FRESH:
            return pool.sample(rng, taken)
        return pool.neighbour([parent() for _ in range(int(rng.integers(1, 3)))], rng, taken) or pool.sample(rng, taken)

    def child(taken: set[str]) -> Architecture | None:
        if expected is None:
            return pool.sample(rng, taken)
        screened = [found for found in (one(taken) for _ in range(SCREENED)) if found is not None]
        return screened[int(np.argmax(expected.of(screened)))] if screened else None

    while batch := proposed.batch(child, BATCH):
        yield batch
        population.extend(batch)
        scored += batch
        if len(scored) > 1:
            expected = Expectation.fit(scored, [worth(architecture) for architecture in scored])
