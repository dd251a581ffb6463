"""How fast a model is, and how it talks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from lpzero.compression.cut import cut
from lpzero.compression.layout import read_layout
from lpzero.compression.speed import WRITTEN, measure_speed, sample
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
    assert (found.read, found.written) == (32.0, WRITTEN / 2)


def test_memory_holds_the_weights_and_is_less_for_less() -> None:
    model = tiny("llama", intermediate_size=512)
    layout = read_layout(model)
    small = measure_speed(cut(model, layout, half(layout)), tokens(1, 40)[0])
    large = measure_speed(model, tokens(1, 40)[0])
    weights = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    assert small.memory < weights < large.memory


def test_an_encoder_does_not_write() -> None:
    assert measure_speed(tiny("bert", max_position_embeddings=64), tokens(1, 40)[0], writes=False).written is None


def test_a_sample_is_the_prompt_and_the_likeliest_rest() -> None:
    class Letters:
        def __call__(self, text: str, **_: Any) -> Any:
            return type("Encoded", (), {"input_ids": [ord(letter) - 97 for letter in text]})

        def decode(self, ids: torch.Tensor, **_: Any) -> str:
            return " ".join(str(int(one)) for one in ids)

    model: Any = tiny("llama", eos_token_id=39)
    found = [int(part) for part in sample(model, Letters(), "cde", tokens=3).split()]
    assert (found[:3], len(found)) == ([2, 3, 4], 6)
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([found[:-1]])).logits[0]
    logits[:, 39] = -torch.inf
    assert found[3:] == logits[2:].argmax(-1).tolist()


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_is_awaited() -> None:
    found = measure_speed(tiny("llama", max_position_embeddings=128).cuda(), tokens(1, 64)[0])
    assert found.memory > 0
