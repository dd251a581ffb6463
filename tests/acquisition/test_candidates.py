"""Candidates: no model twice, none that was tried, and of a table all that is left."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.acquisition import candidates as module
from lpzero.acquisition.candidates import candidates
from lpzero.costs.costs import Costs
from lpzero.costs.limits import CostLimits
from lpzero.errors import NoResultError
from lpzero.nas.pool import ClosedPool, OpenPool, distance
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace


def test_of_a_table_all_that_is_left(small: SearchSpace, drawn: tuple[Architecture, ...]) -> None:
    pool = ClosedPool(Costs(small), drawn, CostLimits({}))
    taken = frozenset(small.model_key(one) for one in drawn[:10])
    found = candidates(pool, taken, drawn[:2], np.random.default_rng(0))
    assert set(found) == set(drawn[10:])
    assert len(found) == 30
    everything = frozenset(small.model_key(one) for one in drawn)
    assert candidates(pool, everything, (), np.random.default_rng(0)) == []


def test_of_a_space_random_ones_and_some_near_the_best(
    small: SearchSpace, drawn: tuple[Architecture, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DRAWN", 40)
    monkeypatch.setattr(module, "NEAR", 20)
    pool = OpenPool(Costs(small), CostLimits({"params": 900_000}))
    best = [min(drawn, key=lambda one: small.parameter_counts(one)["total"])]
    taken = frozenset(map(small.model_key, drawn))
    found = candidates(pool, taken, best, np.random.default_rng(0))
    keys = [small.model_key(one) for one in found]
    assert len(set(keys)) == len(keys) == 60
    assert not taken & set(keys)
    assert all(small.parameter_counts(one)["total"] <= 900_000 for one in found)
    far, near = ([distance(best[0], one) for one in some] for some in (found[:40], found[40:]))
    assert np.mean(near) < 0.7 * np.mean(far)
    assert candidates(pool, taken, best, np.random.default_rng(0)) == found
    assert len(candidates(pool, taken, (), np.random.default_rng(0))) == 40


def test_limits_that_nothing_fits_are_named(small: SearchSpace) -> None:
    pool = OpenPool(Costs(small), CostLimits({"params": 10}))
    with pytest.raises(NoResultError, match=r"limits\.params"):
        candidates(pool, frozenset(), (), np.random.default_rng(0))
