"""Splits: exact sizes, disjoint, duplicates together, by seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.errors import InputError
from lpzero.fitness import split
from lpzero.spaces import get_space
from lpzero.tables import load_table


@pytest.mark.property
@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=20, max_size=60), st.integers(0, 10**6))
def test_every_record_once_and_groups_together(labels: list[int], seed: int) -> None:
    groups = np.array(labels)
    parts = split(groups, search=6, validation=4, rng=np.random.default_rng(seed))
    assert sorted([*parts.search, *parts.validation, *parts.test]) == list(range(len(groups)))
    seen = [set(groups[list(part)]) for part in (parts.search, parts.validation, parts.test)]
    assert not (seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2])
    assert len(parts.search) <= 6
    assert len(parts.validation) <= 4


@pytest.mark.parametrize("protocol", ["trained", "listed", "legacy"])
def test_the_published_table_splits_exactly(data: Path, protocol: str) -> None:
    table = load_table("flexibert-glue", data=data)
    groups = table.groups(get_space("flexibert", protocol))
    for seed in range(5):
        parts = split(groups, search=50, validation=50, rng=np.random.default_rng(seed))
        assert (len(parts.search), len(parts.validation), len(parts.test)) == (50, 50, 400)


def test_equal_seeds_split_equally_and_others_do_not() -> None:
    first, again, other = (
        split(np.arange(50), search=10, validation=10, rng=np.random.default_rng(s)) for s in (0, 0, 1)
    )
    assert first == again != other


@pytest.mark.parametrize(("search", "validation"), [(3, 0), (4, -1), (10, 7), (20, 0)])
def test_sizes_are_checked(search: int, validation: int) -> None:
    with pytest.raises(InputError, match="search size of at least 4"):
        split(np.arange(20), search=search, validation=validation, rng=np.random.default_rng(0))
