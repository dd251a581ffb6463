"""Latency from the parts of a block, by a clock that counts."""

from __future__ import annotations

import itertools

import pytest

from lpzero.compression.choosing import latency
from lpzero.compression.choosing.latency import LayerLatency, latency_of
from lpzero.compression.cutting.layout import read_layout
from tests.compression.tiny import tiny, tokens


def test_widths_between_are_on_a_line() -> None:
    layer = LayerLatency((0.0, 1.0, 3.0), (0, 4, 10), (0.0, 2.0, 8.0))
    assert layer.of(2, 4) == 5
    assert layer.of(0, 7) == 5
    assert layer.of(0, 0) == 0


@pytest.mark.parametrize("family", ["llama", "gpt2", "bert"])
def test_every_part_is_timed_and_more_is_never_less(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "REPEATS", 1)
    model = tiny(family)
    layout = read_layout(model)
    # each run takes a second less than the one before
    steps = itertools.accumulate(itertools.chain.from_iterable((100 - run, 0) for run in range(50)))
    found = latency_of(model, layout, tokens(12), (0, 4, 10), clock=lambda: float(next(steps)))
    layer = found.layer
    assert isinstance(layer, LayerLatency)
    assert layer.attention[0] == layer.feed_forward[0] == 0
    assert list(layer.attention) == sorted(layer.attention)
    assert list(layer.feed_forward) == sorted(layer.feed_forward)
    assert found.of(layout.everything) == found.outside + 3 * layer.of(layout.groups, 10)
