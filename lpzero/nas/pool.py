"""Where architectures come from: a whole search space, or the architectures of a table and no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Protocol

import numpy as np

from lpzero.costs.costs import COSTS, Costs
from lpzero.costs.limits import CostLimits, Excess, nothing_fits
from lpzero.errors import NoResultError
from lpzero.principles.refined import Refined
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

DRAWS = 1000
"""Draws without an architecture that fits and is new before a pool gives up."""
MEASURED_DRAWS = 100
"""Likewise of those that were built and run."""
NEAREST = 10
"""Records of a closed pool that count as neighbours of one."""


class Pool(Protocol):
    """Candidates within limits. Each method returns architectures whose models differ from all in ``taken``."""

    @property
    def space(self) -> SearchSpace:
        """The space that builds the models."""
        ...

    def sample(self, rng: np.random.Generator, taken: set[str]) -> Architecture | None:
        """A random one; None where none is left.

        Raises:
            NoResultError: Nothing at all fits the limits.
        """
        ...

    def neighbour(
        self, parents: Sequence[Architecture], rng: np.random.Generator, taken: set[str]
    ) -> Architecture | None:
        """One near a parent, or between two; None where none is left."""
        ...

    def largest(self, rng: np.random.Generator, fitting: Sequence[Architecture] = ()) -> Architecture:
        """The one with the most parameters that fits; ``fitting`` fit. Raises NoResultError where nothing does."""
        ...


@dataclass(frozen=True)
class OpenPool:
    """Every architecture of a space that fits.

    Attributes:
        costs: The space, and what its models cost.
        limits: The limits.
        within: Principles that architectures keep; None for the whole space.
    """

    costs: Costs
    limits: CostLimits
    within: Refined | None = None

    @property
    def space(self) -> SearchSpace:
        """See :class:`Pool`."""
        return self.costs.space

    def excess(self, architecture: Architecture) -> Excess | None:
        """The first limit that an architecture exceeds."""
        return self.limits.excess(partial(self.costs.of, architecture))

    def _fits(self, architecture: Architecture) -> bool:
        return (self.within is None or self.within.holds(architecture)) and self.excess(architecture) is None

    def sample(self, rng: np.random.Generator, taken: set[str]) -> Architecture | None:
        """See :class:`Pool`."""
        refused: list[Excess] = []
        fitted = False
        for _ in range(DRAWS):
            architecture = self.space.sample(rng) if self.within is None else self.within.draw(rng)
            if architecture is None:
                if not taken:
                    raise NoResultError("no architecture was found that keeps the `principles`: relax one")
                return None
            excess = self.excess(architecture)
            if excess is not None:
                refused.append(excess)
            else:
                fitted = True
                if self.space.model_key(architecture) not in taken:
                    return architecture
            if sum(COSTS[one.name].measured for one in refused) >= MEASURED_DRAWS:
                break
        if not fitted and not taken:
            raise nothing_fits(self.limits, refused)
        return None

    def neighbour(
        self, parents: Sequence[Architecture], rng: np.random.Generator, taken: set[str]
    ) -> Architecture | None:
        """See :class:`Pool`: crossover of two parents where there are two, then one mutation, until one fits."""
        for _ in range(DRAWS):
            child = parents[0] if len(parents) == 1 else self.space.crossover(parents[0], parents[1], rng)
            child = self.space.mutate(child, rng)
            if self.space.model_key(child) not in taken and self._fits(child):
                return child
        return None

    def largest(self, rng: np.random.Generator, fitting: Sequence[Architecture] = ()) -> Architecture:
        """See :class:`Pool`: the largest known or a random one, grown until ``DRAWS`` mutations add nothing."""
        best = max(fitting, key=lambda one: self.costs.of(one, "params"), default=None) or self.sample(rng, set())
        assert best is not None
        most, since = self.costs.of(best, "params"), 0
        while since < DRAWS:
            since += 1
            child = self.space.mutate(best, rng)
            params = self.costs.of(child, "params")
            if params > most and self._fits(child):
                best, most, since = child, params, 0
        return best


@dataclass(frozen=True)
class ClosedPool:
    """The architectures of a table that fit, and no others.

    Attributes:
        costs: The space that builds the models, and what they cost.
        architectures: Those that may be picked.
        limits: The limits.
    """

    costs: Costs
    architectures: tuple[Architecture, ...]
    limits: CostLimits

    @property
    def space(self) -> SearchSpace:
        """See :class:`Pool`."""
        return self.costs.space

    @cached_property
    def _fitting(self) -> tuple[tuple[Architecture, str], ...]:
        refused: list[Excess] = []
        named: dict[str, Architecture] = {}
        for architecture in self.architectures:
            excess = self.limits.excess(partial(self.costs.of, architecture))
            if excess is None:
                named.setdefault(self.space.model_key(architecture), architecture)
            else:
                refused.append(excess)
        if not named:
            raise nothing_fits(self.limits, refused)
        return tuple((architecture, key) for key, architecture in named.items())

    def sample(self, rng: np.random.Generator, taken: set[str]) -> Architecture | None:
        """See :class:`Pool`."""
        left = [architecture for architecture, key in self._fitting if key not in taken]
        return left[int(rng.integers(len(left)))] if left else None

    def neighbour(
        self, parents: Sequence[Architecture], rng: np.random.Generator, taken: set[str]
    ) -> Architecture | None:
        """See :class:`Pool`: one of the nearest records of a parent that are left."""
        left = [architecture for architecture, key in self._fitting if key not in taken]
        if not left:
            return None
        parent = parents[int(rng.integers(len(parents)))]
        nearest = np.argsort([distance(parent, other) for other in left], kind="stable")[:NEAREST]
        return left[int(nearest[rng.integers(len(nearest))])]

    def largest(
        self,
        rng: np.random.Generator,  # noqa: ARG002  (a Pool's)
        fitting: Sequence[Architecture] = (),  # noqa: ARG002  (likewise)
    ) -> Architecture:
        """See :class:`Pool`: exactly."""
        return max((one for one, _ in self._fitting), key=lambda one: self.costs.of(one, "params"))


def distance(first: Architecture, second: Architecture) -> float:
    """Share of their choices in which two architectures differ; a layer that only one has differs in all of its own.

    It is a share of the choices of the larger one: otherwise small architectures would be near everything.

    >>> a = Architecture.of("s", {"h": 1}, [{"x": 1, "y": 1}])
    >>> b = Architecture.of("s", {"h": 2}, [{"x": 1, "y": 2}, {"x": 1, "y": 1}])
    >>> distance(a, b)
    0.8
    """
    apart = sum(a != b for a, b in zip(first.whole, second.whole, strict=True))
    for one, other in zip(first.layers, second.layers, strict=False):
        apart += sum(a != b for a, b in zip(one, other, strict=True))
    longer = max(first.layers, second.layers, key=len)
    apart += sum(len(layer) for layer in longer[min(first.depth, second.depth) :])
    return apart / max(1, len(first.whole) + sum(len(layer) for layer in longer))
