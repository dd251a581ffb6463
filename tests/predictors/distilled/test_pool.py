"""A pool is drawn once each, the same for a seed, and ends where a space has no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.predictors.distilled import draw_pool
from lpzero.spaces import get_space
from lpzero.spaces.space import SearchSpace


def test_architectures_are_drawn_once_each_by_the_seed(small: SearchSpace) -> None:
    one, again, other = (draw_pool(small, 50, seed) for seed in (0, 0, 1))
    assert one == again != other
    assert len(set(one)) == 50


def test_a_small_space_has_no_more(space_file: Path) -> None:
    assert len(draw_pool(get_space(str(space_file)), 100, 0)) == 12


@pytest.mark.parametrize("number", [1, 10**6 + 1])
def test_a_number_out_of_range_is_refused(number: int, small: SearchSpace) -> None:
    with pytest.raises(InputError, match="`number`: expected from 2 to a million"):
        draw_pool(small, number, 0)
