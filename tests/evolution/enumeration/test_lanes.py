"""The compiled loop computes each root exactly as the function of its primitive does."""

from __future__ import annotations

import numba
import numpy as np
import pytest
import torch

from lpzero.evolution.enumeration.lanes import LANES, combine_lanes
from lpzero.evolution.enumeration.pairs import _CLAMP
from lpzero.formula.grammar import ROOTS
from lpzero.formula.primitives import ROWS

SPECIAL = [0.0, -0.0, 1e-13, -1e-13, 1e-12, -3.0, 1e-200, 1e200, np.inf, -np.inf, np.nan]


@pytest.fixture(scope="module")
def combine() -> object:
    return numba.njit(nogil=True)(combine_lanes)


@pytest.mark.parametrize("root", range(len(ROOTS)), ids=ROOTS)
def test_a_root_is_its_primitive_bit_for_bit(combine: object, root: int) -> None:
    rng = np.random.default_rng(0)
    # ... and the lanes behind the last branch repeat it
    left, right = rng.normal(size=200) * 10.0 ** rng.integers(-14, 14, size=200), rng.normal(size=(200, LANES - 3))
    left[: len(SPECIAL)] = SPECIAL
    right[:, : len(SPECIAL)] = SPECIAL
    right[:, 20:40] *= 1e-12
    made, wrong = np.full((200, LANES), 7.0), np.full(LANES, 7.0)

    combine(left, right, 0, root, _CLAMP, made, wrong)  # type: ignore[operator]

    column = torch.from_numpy(left)[:, None].expand(right.shape)
    wanted = ROWS[ROOTS[root], "scalar"].function(column, torch.from_numpy(right)).numpy()
    assert np.array_equal(made[:, : LANES - 3], wanted, equal_nan=True)
    assert np.array_equal(made[:, LANES - 3 :], wanted[:, [-1] * 3], equal_nan=True)
    finite = np.isfinite(made).all(0)
    assert np.array_equal(wrong == 0, finite)
    assert not finite.all()


def test_sums_are_finite_where_all_scores_are(combine: object) -> None:
    made, wrong = np.empty((5, LANES)), np.empty(LANES)
    for root in range(len(ROOTS)):
        combine(np.ones(5), np.ones((5, 1)), 0, root, _CLAMP, made, wrong)  # type: ignore[operator]
        assert not wrong.any()
