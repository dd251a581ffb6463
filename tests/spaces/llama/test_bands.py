"""The size bands of the protocol `scratch`: each pair of depth and width in one, and no two bands of one size."""

from __future__ import annotations

from itertools import pairwise

import pytest

from lpzero.fitness import strata
from lpzero.spaces.llama.bands import BANDS, RATIO, inside
from lpzero.spaces.llama.plan import BASES


def test_a_band_is_what_the_strata_call_one_size() -> None:
    assert RATIO == strata.RATIO


def test_each_pair_of_depth_and_width_has_one_band() -> None:
    shapes = [shape for band in BANDS.values() for shape in band]
    assert len(shapes) == len(set(shapes)) >= 12
    base = BASES["scratch"]
    assert all(2 <= depth <= base.depth and 4 * width % base.width == 0 for depth, width in shapes)


def test_each_band_has_several_aspect_ratios() -> None:
    assert len(BANDS) >= 3
    for shapes in BANDS.values():
        ratios = [width / depth for depth, width in shapes]
        assert len(set(ratios)) >= 4
        assert max(ratios) >= 5 * min(ratios)


def test_no_size_is_inside_two_bands() -> None:
    for one, other in pairwise(sorted(BANDS)):
        assert other > RATIO * one * RATIO


@pytest.mark.parametrize("middle", BANDS)
def test_the_ends_of_a_band(middle: int) -> None:
    ends = round(middle / RATIO**0.5), round(middle * RATIO**0.5)
    assert [inside(size, middle) for size in (ends[0] - 1, ends[0] + 1, ends[1] - 1, ends[1] + 1)] == [
        False,
        True,
        True,
        False,
    ]
    assert (ends[1] - 1) / (ends[0] + 1) <= RATIO
