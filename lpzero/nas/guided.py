"""Guided evolution: of many architectures the one is scored of which a regression on their choices expects most."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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
PENALTY = 1.0


@dataclass(frozen=True)
class Expectation:
    """A ridge regression of worth on features, standardised over the architectures that it was fitted to.

    Attributes:
        names: The features.
        mean: (features,).
        scale: (features,), above 0.
        weights: (features,).
    """

    names: tuple[str, ...]
    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray

    @classmethod
    def fit(cls, scored: Sequence[Architecture], worths: Sequence[float]) -> Expectation:
        """Fit it to architectures and their worths, one each."""
        rows = [features(architecture) for architecture in scored]
        names = tuple(sorted(set().union(*rows)))
        table, worth = np.array([[row.get(name, 0.0) for name in names] for row in rows]), np.array(worths)
        spread = table.std(axis=0)
        mean, scale = table.mean(axis=0), np.where(spread > 0, spread, 1.0)
        standard = (table - mean) / scale
        penalised = standard.T @ standard + PENALTY * np.eye(len(names))
        return cls(names, mean, scale, np.linalg.solve(penalised, standard.T @ (worth - worth.mean())))

    def of(self, architecture: Architecture) -> float:
        """The expected worth, less the mean; a feature that was never met counts for nothing."""
        row = features(architecture)
        return float(((np.array([row.get(name, 0.0) for name in self.names]) - self.mean) / self.scale) @ self.weights)


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
        return max(screened, key=expected.of, default=None)

    while batch := proposed.batch(child, BATCH):
        yield batch
        population.extend(batch)
        scored += batch
        expected = Expectation.fit(scored, [worth(architecture) for architecture in scored])
