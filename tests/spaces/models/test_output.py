"""Labels: what a masked and what a causal model predicts."""

from __future__ import annotations

import pytest
import torch

from lpzero.errors import InputError
from lpzero.spaces.models.output import next_tokens, same_tokens

LABELS = torch.tensor([[7, -100, 9], [-100, 5, -100]])


def test_a_causal_model_predicts_each_label_but_the_first_of_a_row() -> None:
    targets, labelled = next_tokens(LABELS)
    assert targets.tolist() == [[-100, 9], [5, -100]]
    assert labelled.tolist() == [[False, True], [True, False]]


def test_a_masked_model_predicts_each_label() -> None:
    targets, labelled = same_tokens(LABELS)
    assert torch.equal(targets, LABELS)
    assert labelled.tolist() == [[True, False, True], [False, True, False]]


def test_no_label_to_predict_is_refused() -> None:
    first_alone = torch.tensor([[7, -100]])
    with pytest.raises(InputError, match=r"^labels: expected one that is not -100 behind the first, found none$"):
        next_tokens(first_alone)
    assert same_tokens(first_alone)[1].any()
    with pytest.raises(InputError, match=r"^labels: expected a position that is not -100, found none$"):
        same_tokens(torch.full((2, 2), -100))
