"""Answers of the checkpoint: those of the model to the last bit, asked once, and kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lpzero.compression.recovery.teacher import Teacher, output_projection
from lpzero.errors import InputError
from tests.compression.tiny import SETTINGS, tiny, tokens

WINDOWS = tokens(4, 6)


class Counted(nn.Module):
    """A model that knows how often it was called."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model, self.calls = model, 0
        self.config = model.config

    def get_output_embeddings(self) -> Any:
        """The projection of the model inside."""
        return output_projection(self.model)

    def forward(self, **arguments: Any) -> Any:
        """One call."""
        self.calls += 1
        return self.model(**arguments)


def expected(model: nn.Module, window: int) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(input_ids=WINDOWS[window : window + 1]).logits[0]
    return found


@pytest.mark.parametrize("family", SETTINGS)
def test_answers_are_the_models(family: str, tmp_path: Path) -> None:
    model = tiny(family)
    teacher = Teacher(model, WINDOWS, tmp_path)
    for _ in range(2):
        for window in (0, 3, 1):
            assert torch.equal(teacher.logits(window), expected(model, window))


def test_an_answer_is_asked_once_by_all_who_share_the_folder(tmp_path: Path) -> None:
    model = Counted(tiny("llama"))
    first = Teacher(model, WINDOWS, tmp_path)
    for window in (0, 1, 0, 1):
        first.logits(window)
    assert model.calls == 2
    second = Teacher(model, WINDOWS, tmp_path)
    for window in (2, 0, 1):
        assert torch.equal(second.logits(window), expected(model.model, window))
    assert model.calls == 3
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_may_hold_the_answers_of_others_to_others(tmp_path: Path) -> None:
    """Weights, or a text, that changed since would be learned from without a word."""
    model, other, more = tiny("llama"), tiny("llama", seed=1), tokens(4, 6, seed=5)
    Teacher(model, WINDOWS, tmp_path).logits(0)
    assert torch.equal(Teacher(other, WINDOWS, tmp_path).logits(0), expected(other, 0))
    # equal weights, whose positions are turned otherwise
    turned = tiny("llama", rope_parameters={"rope_type": "default", "rope_theta": 50.0})
    turned.load_state_dict(model.state_dict())
    assert not torch.equal(expected(turned, 0), expected(model, 0))
    assert torch.equal(Teacher(turned, WINDOWS, tmp_path).logits(0), expected(turned, 0))
    teacher = Teacher(model, more, tmp_path)
    for window in (1, 0):
        with torch.no_grad():
            assert torch.equal(teacher.logits(window), model(input_ids=more[window : window + 1]).logits[0])
    assert len(list(tmp_path.iterdir())) == 5


def test_logits_that_are_changed_behind_the_projection_are_asked_whole(tmp_path: Path) -> None:
    class Capped(Counted):
        def forward(self, **arguments: Any) -> Any:
            found = super().forward(**arguments)
            found.logits = torch.tanh(found.logits)
            return found

    model = Capped(tiny("llama"))
    teacher = Teacher(model, WINDOWS, tmp_path)
    for _ in range(2):
        assert torch.equal(teacher.logits(2), expected(model.model, 2).tanh())
    assert model.calls == 2
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_answer_is_named(tmp_path: Path) -> None:
    Teacher(tiny("llama"), WINDOWS, tmp_path).logits(1)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(b"no array")
    with pytest.raises(InputError, match=rf"{kept.stem}\.npy: expected an answer that was kept, found a damaged file"):
        Teacher(tiny("llama"), WINDOWS, tmp_path).logits(1)
