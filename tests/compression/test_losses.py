"""Losses and divergences of windows, against a direct computation."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional

from lpzero.compression.losses import asked, divergence, far_from, predictions, window_losses
from lpzero.compression.texts import to_predict
from tests.compression.tiny import tiny, tokens


def test_a_causal_loss_is_that_of_transformers() -> None:
    model: Any = tiny("llama")
    ids = tokens(3, 12)
    found = window_losses(model, to_predict("t", ids, "causal", None))
    with torch.no_grad():
        expected = [float(model(input_ids=one[None], labels=one[None]).loss) for one in ids]
    assert found.tolist() == pytest.approx(expected, rel=1e-5)


def test_a_masked_loss_is_that_of_transformers() -> None:
    model: Any = tiny("bert")
    windows = to_predict("t", tokens(3, 12), "masked", 1)
    with torch.no_grad():
        expected = [
            float(model(input_ids=one[None], labels=labels[None]).loss)
            for one, labels in zip(windows.inputs, windows.labels, strict=True)
        ]
    assert window_losses(model, windows).tolist() == pytest.approx(expected, rel=1e-5)


def test_a_divergence_is_that_of_torch() -> None:
    full, less = torch.randn(5, 7), torch.randn(5, 7)
    expected = functional.kl_div(less.log_softmax(-1), full.log_softmax(-1), log_target=True, reduction="none").sum(-1)
    torch.testing.assert_close(divergence(full.log_softmax(-1), less), expected)
    assert torch.allclose(divergence(full.log_softmax(-1), full), torch.zeros(5), atol=1e-6)


@pytest.mark.parametrize("rows", [1, 32, 70])
def test_a_divergence_of_some_rows_at_a_time_is_equal_to_the_last_bit(rows: int) -> None:
    full, less = torch.randn(rows, 5_000).log_softmax(-1), torch.randn(rows, 5_000)
    assert torch.equal(far_from(full, less), divergence(full, less))


def test_predictions_are_those_that_were_asked_for() -> None:
    model = tiny("bert")
    windows = to_predict("t", tokens(2, 12), "masked", 1)
    found = predictions(model, windows)
    assert [len(one) for one in found] == [int(asked(labels).sum()) for labels in windows.labels]
    assert all(torch.allclose(one.exp().sum(-1), torch.ones(len(one))) for one in found)
