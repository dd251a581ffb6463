"""Architectures of a small space, some of which were trained: their losses fall with a count that is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lpzero.acquisition.suggester import Suggester
from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits
from lpzero.nas.pool import ClosedPool
from lpzero.operands.probe import Probe
from lpzero.paths import cache_home
from lpzero.predictors.description import Known, Source
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace


@pytest.fixture(scope="session")
def small() -> SearchSpace:
    return get_space("gpt2", "own")


@pytest.fixture(scope="session")
def drawn(small: SearchSpace) -> tuple[Architecture, ...]:
    """Forty different models."""
    rng = np.random.default_rng(0)
    found: dict[str, Architecture] = {}
    while len(found) < 40:
        one = small.sample(rng)
        found.setdefault(small.model_key(one), one)
    return tuple(found.values())


@pytest.fixture(scope="session")
def known(small: SearchSpace, drawn: tuple[Architecture, ...]) -> Known:
    """What describes them, without a model."""
    return Known.of(Source(small, ("spec", "shape"), (), Probe(), cache_home()), drawn)


@pytest.fixture(scope="session")
def loss(small: SearchSpace) -> Callable[[Architecture], float]:
    """A loss that falls with the parameters of the blocks, with a dent that no count has."""

    def of(architecture: Architecture) -> float:
        dent = int(architecture.digest[:4], 16) / 0xFFFF
        return 4.0 - 0.2 * float(np.log(small.parameter_counts(architecture)["nonembedding"])) + 0.05 * dent

    return of


@pytest.fixture
def asks(small: SearchSpace, drawn: tuple[Architecture, ...], known: Known) -> Callable[..., Suggester]:
    """Makes somebody to ask about them."""

    def make(**settings: object) -> Suggester:
        pool = ClosedPool(Costs(small), drawn, CostLimits({}))
        given: dict[str, object] = {"higher_is_better": False, **settings}
        return Suggester(pool, known, **given)  # type: ignore[arg-type]  # whatever a test sets

    return make
