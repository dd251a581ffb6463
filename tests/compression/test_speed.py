"""How fast a model is, and what it holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.layout import read_layout
from lpzero.compression.speed import measure_speed
from tests.compression.files.cases import half
from tests.compression.tiny import tiny, tokens


def ticking(seconds: float) -> Callable[[], float]:
    now = [0.0]

    def clock() -> float:
        now[0] += seconds
        return now[0]

    return clock


def test_tokens_a_second_follow_from_the_clock() -> None:
    model = tiny("llama", max_position_embeddings=128)
    found = measure_speed(model, tokens(1, 64)[0], clock=ticking(2.0))
    assert (found.read, found.written) == (32.0, 16.0)


def test_no_more_is_written_than_half_a_window() -> None:
    """GPT-2 has no place behind its 32nd token."""
    found = measure_speed(tiny("gpt2"), tokens(1, 32)[0], clock=ticking(2.0))
    assert (found.read, found.written) == (16.0, 8.0)


def test_memory_holds_the_weights_and_is_less_for_less() -> None:
    model = tiny("llama", intermediate_size=512)
    layout = read_layout(model)
    small = measure_speed(cut(model, layout, half(layout)), tokens(1, 40)[0])
    large = measure_speed(model, tokens(1, 40)[0])
    weights = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    assert small.memory < weights < large.memory


def test_an_encoder_does_not_write() -> None:
    assert measure_speed(tiny("bert", max_position_embeddings=64), tokens(1, 40)[0], writes=False).written is None


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_is_awaited() -> None:
    found = measure_speed(tiny("llama", max_position_embeddings=128).cuda(), tokens(1, 64)[0])
    assert found.memory > 0
