"""Sub-networks of nearly equal size: all kinds within the limit, each by its own number alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lpzero.compression.choosing.controls import chance_scores
from lpzero.compression.choosing.counts import counts_of
from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.layout import read_layout
from lpzero.compression.sub_networks.draw import Drawing, draw
from lpzero.compression.sub_networks.file import Units
from lpzero.errors import InputError
from tests.compression.tiny import tiny

DEPTH = 8


def _drawing(share: float) -> Drawing:
    model = tiny("llama", num_hidden_layers=DEPTH, intermediate_size=60)
    layout = read_layout(model)
    scores = chance_scores(layout, 0)
    counts = counts_of(model, layout, context=8)
    units = Units(
        tuple(range(0, 61, 4)),
        tuple(tuple(one.order["groups"].order()) for one in scores),
        tuple(tuple(one.order["neurons"].order()) for one in scores),
    )
    influence = torch.linspace(0.1, 1, DEPTH).tolist()
    return Drawing(layout, units, scores, influence, counts, share * counts["params"].of(layout.everything), 0.02)


def test_all_are_just_below_the_limit_and_of_every_kind() -> None:
    drawing = _drawing(0.75)
    drawn: list[Choice] = []
    for index in range(16):
        drawn.append(draw(drawing, index, 0, drawn))
    sizes = [drawing.counts["params"].of(one) for one in drawn]
    assert all(0.98 * drawing.limit <= size <= drawing.limit for size in sizes)
    depths = {len(one.kept) for one in drawn}
    widths = [len({len(layer.neurons) for layer in one.layers if layer.neurons}) for one in drawn]
    assert min(depths) < DEPTH and max(depths) == DEPTH
    # one width for all, give or take a step to fill the limit, and widths layer by layer
    assert min(widths) <= 2 < max(widths)
    assert any(len(layer.groups) == 1 for one in drawn for layer in one.layers)
    assert len(set(drawn)) == len(drawn)


def test_each_depends_on_its_number_and_the_seed_alone() -> None:
    drawing = _drawing(0.75)
    later = [draw(drawing, index, 0) for index in (6, 3)]
    assert later == [draw(drawing, index, 0) for index in (6, 3)]
    assert draw(drawing, 3, 1) != later[1]


def test_expected_is_the_sum_over_single_parts() -> None:
    drawing = _drawing(0.75)
    choice = draw(drawing, 2, 0)
    parts = []
    for place, one in enumerate(choice.layers):
        for kind in ("groups", "neurons"):
            units = getattr(drawing.layout.everything.layers[place], kind)
            gone = [unit for unit in units if unit not in getattr(one, kind)]
            parts.append(drawing.scores[place].cost[kind].of(gone))
    assert drawing.expected(choice) == pytest.approx(np.sum(parts))
    assert drawing.expected(drawing.layout.everything) == 0


def test_a_limit_out_of_reach_is_refused() -> None:
    with pytest.raises(InputError, match="max_params"):
        draw(_drawing(0.01), 0, 0)
