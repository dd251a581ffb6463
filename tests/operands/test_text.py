"""The batch of text: what it holds, and who may be shown it."""

from __future__ import annotations

import pytest
import torch

from lpzero.errors import LpzeroError
from lpzero.operands.probe import Probe
from lpzero.operands.text import passage, text_batch
from lpzero.spaces import get_space


def test_it_is_the_text_piece_by_piece() -> None:
    found = text_batch(get_space("llama", "own"), Probe(batch=3, tokens=20))
    assert found.input_ids.shape == (3, 20)
    assert torch.equal(found.input_ids, found.labels)
    assert bytes((found.input_ids.flatten() - 1).tolist()).decode() == passage()[:60]


def test_the_default_probe_fits() -> None:
    assert text_batch(get_space("llama", "own"), Probe()).input_ids.shape == (8, 64)


@pytest.mark.parametrize(
    ("space", "protocol", "batch", "message"),
    [
        ("gpt2", "own", 2, "says something of trained causal models alone"),
        ("flexibert", "own", 2, "says something of trained causal models alone"),
        ("llama", "160m", 2, "says something of trained causal models alone"),
        ("llama", "own", 10_000, "fewer than 10000 sequences of 64: give a smaller `batch`"),
    ],
)
def test_what_cannot_be_shown_it_is_told_why(space: str, protocol: str, batch: int, message: str) -> None:
    with pytest.raises(LpzeroError, match=message):
        text_batch(get_space(space, protocol), Probe(batch=batch))
