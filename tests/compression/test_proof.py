"""Losses beside the full model's, paired over windows, and what both write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from scipy import stats

from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.layout import Layout, read_layout
from lpzero.compression.losses import window_losses
from lpzero.compression.proof import FULL, Question, mean_divergence, prove, sample
from lpzero.compression.texts import to_predict
from lpzero.errors import LpzeroError
from tests.compression.tiny import tiny, tokens, word_tokenizer


def smaller_of(model: Any, layout: Layout) -> Any:
    first, *others = layout.everything.layers
    return cut(model, layout, type(layout.everything)((replace(first, neurons=(1, 2)), *others)))


def test_intervals_are_those_of_a_paired_test() -> None:
    model = tiny("llama")
    layout = read_layout(model)
    smaller = smaller_of(model, layout)
    questions = [
        Question(to_predict(name, tokens(6, 12, seed=seed), "causal", None), name)
        for name, seed in (("a", 1), ("b", 2))
    ]
    found = prove(model, {"less": lambda: smaller}, questions)
    assert [(one.model, one.text) for one in found.losses] == [(FULL, "a"), (FULL, "b"), ("less", "a"), ("less", "b")]
    full, less = window_losses(model, questions[1].windows), window_losses(smaller, questions[1].windows)
    one = found.losses[3]
    expected = stats.ttest_rel(less, full).confidence_interval(0.95)
    assert one.loss == pytest.approx(float(less.mean()), abs=1e-6)
    assert one.interval == pytest.approx([expected.low, expected.high], abs=1e-5)
    assert (one.windows, one.tokens, one.context, one.sha256) == (6, 66, 12, "b")
    assert found.losses[0].interval == [0, 0]


def test_a_loss_that_is_not_finite_is_an_error() -> None:
    model = tiny("llama")
    broken = tiny("llama")
    with torch.no_grad():
        next(broken.parameters()).fill_(float("nan"))
    question = Question(to_predict("a", tokens(2, 12), "causal", None), "")
    with pytest.raises(LpzeroError, match="finite losses of the broken model on a"):
        prove(model, {"broken": lambda: broken}, [question])


def test_a_model_does_not_diverge_from_itself() -> None:
    model = tiny("llama")
    layout = read_layout(model)
    windows = to_predict("a", tokens(2, 12), "causal", None)
    assert mean_divergence(model, model, windows) == pytest.approx(0, abs=1e-6)
    assert mean_divergence(model, smaller_of(model, layout), windows) > 0


def test_a_sample_is_what_the_models_write() -> None:
    model: Any = tiny("llama")
    layout = read_layout(model)
    smaller, ids = smaller_of(model, layout), tokens(28)
    found = sample(model, smaller, word_tokenizer(), ids)
    assert found.prompt == " ".join(f"w{int(one)}" for one in ids[:14])
    with torch.no_grad():
        first = int(smaller(input_ids=ids[None, :14]).logits[0, -1].argmax())
    assert found.chosen.split()[0] == f"w{first}"
