"""Guided evolution: of many architectures the one is scored of which a regression on their choices expects most."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lpzero.fitness.regression import ridge_model
from lpzero.fitness.resample import Floats
from lpzero.nas.pool import Pool
from lpzero.nas.proposals import BATCH, Proposals, Proposed, Worth
from lpzero.predictors.description import specified
from lpzero.predictors.design import Design
from lpzero.spaces.architecture import Architecture

POPULATION = 10
TOURNAMENT = 5
SCREENED = 16
"""Candidates of which the one with the highest expected worth is scored."""
FRESH = 0.5
"""Share of the architectures that are drawn at random; the others are bred."""


@dataclass(frozen=True)
class Expectation:
    """The ridge of the predictors, told what is chosen in an architecture and nothing else.

    A worth is a rank, and a label with neither unit nor noise: there is no interval, and no logarithm of it.

    Attributes:
        design: The columns, as the scored architectures decide.
        model: The fitted estimator of scikit-learn.
    """

    design: Design
    model: Any

    @classmethod
    def fit(cls, scored: Sequence[Architecture], worths: Sequence[float]) -> Expectation:
        """Fit it to architectures, 2 or more, and their worths, one each."""
        described = [specified(architecture) for architecture in scored]
        design = Design.of(described)
        return cls(design, ridge_model(design.quadratic).fit(design.matrix(described), np.array(worths)))

    def of(self, architectures: Sequence[Architecture]) -> Floats:
        """The expected worths, (architectures,); a feature that was never met counts for nothing."""
        columns = self.design.matrix([specified(architecture) for architecture in architectures])
        return np.asarray(self.model.predict(columns), dtype=np.float64)


def guided_evolution(pool: Pool, rng: np.random.Generator, worth: Worth) -> Proposals:
    """Regularised evolution whose children a predictor screens, as in NPENAS (Wei et al. 2020, arXiv 2003.12857).

    The predictor is a ridge regression of worth on counts of choices, fitted anew behind every batch; no model is built
    for an architecture that is screened out. Deviations: half of them are random ones, so that a
    few looks find their way, and no network is trained.

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
        # of one alone no error is left to choose a penalty by
        if len(scored) > 1:
            expected = Expectation.fit(scored, [worth(architecture) for architecture in scored])
