"""Searches replayed on a table."""

from __future__ import annotations

import numpy as np
import pytest

from lpzero.principles.language.columns import Columns
from lpzero.principles.remaining import architectures_of
from lpzero.principles.replay import POPULATION, coded_choices, evolve_records
from lpzero.spaces import get_space


@pytest.fixture(scope="module")
def cells() -> Columns:
    space = get_space("nb201")
    return Columns(space, list(architectures_of(space.choices, 6)))


def test_codes_tell_architectures_apart(cells: Columns, many: Columns) -> None:
    assert len(np.unique(coded_choices(cells), axis=0)) == 15_625
    assert len(np.unique(coded_choices(many), axis=0)) == len(set(many.architectures))


def test_each_record_once_within_what_is_kept(cells: Columns) -> None:
    codes = coded_choices(cells)
    quality = (codes == 3).sum(axis=1).astype(float)
    kept = codes[:, 1] == codes[0, 1]
    order = evolve_records(codes, quality, kept, 60, np.random.default_rng(0))
    assert len(set(order.tolist())) == len(order) == 60
    assert kept[order].all()
    # a child differs from some record before it in one choice
    for place in range(POPULATION, 60):
        assert (codes[order[:place]] != codes[order[place]]).sum(axis=1).min() == 1


def test_it_climbs(cells: Columns) -> None:
    codes, everything = coded_choices(cells), np.ones(15_625, dtype=np.bool_)
    quality = (codes == 3).sum(axis=1).astype(float)
    rng = np.random.default_rng(0)
    evolved = [quality[evolve_records(codes, quality, everything, 60, rng)].max() for _ in range(10)]
    drawn = [quality[rng.choice(15_625, 60, replace=False)].max() for _ in range(10)]
    assert np.mean(evolved) > np.mean(drawn) + 0.5


def test_it_ends_where_nothing_is_left(cells: Columns) -> None:
    codes, kept = coded_choices(cells), np.zeros(15_625, dtype=np.bool_)
    kept[:3] = True
    order = evolve_records(codes, np.arange(15_625.0), kept, 20, np.random.default_rng(0))
    assert sorted(order.tolist()) == [0, 1, 2]


def test_what_may_be_evaluated_is_asked_for_anew(cells: Columns) -> None:
    codes, quality = coded_choices(cells), np.arange(15_625.0)
    told: list[list[int]] = []

    def again(found: np.ndarray) -> np.ndarray:
        told.append(found.tolist())
        left = np.zeros(15_625, dtype=np.bool_)
        left[100 * len(told) : 100 * len(told) + 5] = True
        return left

    begun = np.zeros(15_625, dtype=np.bool_)
    begun[:5] = True
    order = evolve_records(codes, quality, begun, 14, np.random.default_rng(0), again=again).tolist()
    assert told == [order[:5], order[:10]]
    assert [sorted(order[:5]), sorted(order[5:10])] == [[0, 1, 2, 3, 4], [100, 101, 102, 103, 104]]
    assert set(order[10:]) <= {200, 201, 202, 203, 204}
