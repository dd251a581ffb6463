"""What a row of the table of costs promises: its unit, its direction, and what stands for nothing said."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from lpzero.costs.cost import CostName, Measurement
from lpzero.costs.costs import COSTS
from lpzero.spaces import get_space
from lpzero.spaces.registry import SPACES


def test_every_name_of_the_type_has_a_row_and_no_other() -> None:
    assert set(get_args(CostName)) == set(COSTS)
    assert all(name == row.name for name, row in COSTS.items())


@pytest.mark.parametrize("name", list(SPACES))
def test_counted_costs_are_whole_positive_and_have_no_interval(name: str) -> None:
    space = get_space(name)
    architecture = space.sample(np.random.default_rng(0))
    for row in COSTS.values():
        if not row.measured:
            found = row.of(space, architecture, Measurement(tokens=2))
            assert found.value > 0
            assert found.interval is None


def test_one_sequence_of_the_default_length_on_a_cpu_is_measured_where_nothing_is_said() -> None:
    space = get_space("gpt2", "own")
    assert Measurement().device == "cpu"
    assert 2 <= Measurement().tokens <= space.max_tokens
