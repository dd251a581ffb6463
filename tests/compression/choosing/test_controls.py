"""Controls are within the limits, and as large as they say."""

from __future__ import annotations

import pytest
import torch

from lpzero.compression.choosing.controls import by_chance, by_depth, by_width, chance_scores, fits
from lpzero.compression.choosing.importance import KINDS, LayerScores, Scores
from lpzero.errors import InputError
from tests.compression.choosing.test_menu import COUNTS, LAYOUT


def test_layers_are_dropped_in_the_order_of_their_influence() -> None:
    # a layer has 1 + 62 + 43 parameters, 100 are outside
    found = by_depth(LAYOUT, [0.3, 0.1, 0.2], COUNTS, {"params": 312})
    assert found is not None
    assert found.kept == (0, 2)
    found = by_depth(LAYOUT, [0.3, 0.1, 0.2], COUNTS, {"params": 311})
    assert found is not None
    assert found.kept == (0,)
    assert by_depth(LAYOUT, [0.3, 0.1, 0.2], COUNTS, {"params": 205}) is None
    whole = by_depth(LAYOUT, [0.3, 0.1, 0.2], COUNTS, {"params": 418})
    assert whole == LAYOUT.everything


def test_one_width_is_the_largest_that_fits() -> None:
    order = Scores(torch.tensor([[1.0, 4.0, 2.0, 3.0]]), 1, 1.0)
    scores = [LayerScores({"neurons": order, "groups": order}, {})] * 3
    found = by_width(LAYOUT, scores, COUNTS, {"params": 418 - 30 * 2 + 29})
    assert found is not None
    assert {one.neurons for one in found.layers} == {(1, 3)}
    assert {one.groups for one in found.layers} == {(0, 1)}
    assert by_width(LAYOUT, scores, COUNTS, {"kv_bytes": 41}) is None


def test_chance_fits_and_follows_its_seed() -> None:
    limits = {"params": 300}
    found = [by_chance(LAYOUT, (0, 1, 2, 3, 4), COUNTS, limits, seed) for seed in (0, 0, 1)]
    assert found[0] == found[1] != found[2]
    assert all(fits(one, COUNTS, limits) for one in found)
    parts = [float(one.order[kind].each.sum()) for one in chance_scores(LAYOUT, 0) for kind in KINDS]
    assert max(parts) < 1
    with pytest.raises(InputError, match="smallest possible"):
        by_chance(LAYOUT, (0, 4), COUNTS, {"params": 1}, 0)
