"""What models return, read as what it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from lpzero.errors import LpzeroError
from lpzero.spaces.models.answer import language_loss, read_answer

LOGITS, STATE, LOSS = torch.rand(2, 4, 9), torch.rand(2, 4, 5), torch.tensor(1.5)


@pytest.mark.parametrize(
    ("output", "loss", "logits"),
    [
        (LOGITS, None, LOGITS),
        (LOSS, LOSS, None),
        (LOSS.view(1), LOSS, None),
        ((LOGITS, LOSS), LOSS, LOGITS),
        ([LOSS, LOGITS], LOSS, LOGITS),
        ((LOGITS, None), None, LOGITS),
        ((LOGITS, (STATE, STATE)), None, LOGITS),
        ((STATE, LOGITS), None, LOGITS),
        ({"logits": LOGITS}, None, LOGITS),
        ({"loss": LOSS.view(1), "logits": LOGITS}, LOSS, LOGITS),
        ({"hidden": STATE, "out": LOGITS}, None, LOGITS),
        (SimpleNamespace(loss=LOSS, logits=LOGITS), LOSS, LOGITS),
        (SimpleNamespace(prediction_logits=LOGITS), None, LOGITS),
        (LOGITS.view(8, 9), None, LOGITS),
        (LOGITS.transpose(1, 2), None, LOGITS),
        (torch.rand(2, 9), None, None),
        (None, None, None),
    ],
)
def test_loss_and_logits_are_found_in_what_is_returned(output: Any, loss: Tensor | None, logits: Tensor | None) -> None:
    found = read_answer(output, (2, 4), 9)
    for one, other in ((found.loss, loss), (found.logits, logits)):
        assert (one is None) == (other is None)
        assert one is None or other is None or torch.equal(one, other)


def test_logits_with_the_tokens_first_are_turned() -> None:
    turned = LOGITS.transpose(0, 1)
    for output in (turned, turned.reshape(8, 9)):
        found = read_answer(output, (2, 4), 9, turned=True).logits
        assert found is not None
        assert torch.equal(found, LOGITS)


@pytest.mark.parametrize(
    ("hidden", "expected"),
    [
        ((STATE, STATE), 2),
        (torch.stack([STATE] * 3), 3),
        (torch.stack([STATE] * 3, 1), 3),
        # two layers of two sequences: nothing tells the axes apart
        (torch.stack([STATE] * 2), 0),
        (STATE, 0),
        (None, 0),
    ],
)
def test_hidden_states_are_one_a_layer(hidden: Any, expected: int) -> None:
    found = read_answer({"logits": LOGITS, "hidden_states": hidden}, (2, 4)).hidden_states
    assert len(found) == expected
    assert all(torch.equal(state, STATE) for state in found)


def test_attentions_may_be_stacked() -> None:
    attention = torch.rand(2, 3, 4, 4)
    found = read_answer({"logits": LOGITS, "attentions": torch.stack([attention] * 3)}, (2, 4)).attentions
    assert len(found) == 3


def test_a_loss_of_several_numbers_is_refused() -> None:
    with pytest.raises(
        LpzeroError, match=r"a loss of one number from the model, found a tensor \(2, 4\): return its mean"
    ):
        read_answer({"loss": torch.rand(2, 4), "logits": LOGITS}, (2, 4))


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (torch.rand(3, 4), r"a tensor \(3, 4\)"),
        ({"scores": 1}, "a dict with the keys scores"),
        ({}, "a dict with the keys none"),
        (5, "int"),
    ],
)
def test_what_has_no_logits_says_what_there_is(output: Any, found: str) -> None:
    with pytest.raises(LpzeroError, match=f"expected the model to return a loss, or logits .*: found {found}$"):
        read_answer(output, (2, 4)).required_logits()


def test_the_loss_is_that_of_torch() -> None:
    labels = torch.randint(9, (2, 4))
    labels[0, 2] = -100
    causal = cross_entropy(LOGITS[:, :-1].reshape(-1, 9), labels[:, 1:].reshape(-1))
    masked = cross_entropy(LOGITS.reshape(-1, 9), labels.reshape(-1))
    torch.testing.assert_close(language_loss(LOGITS, labels, "causal"), causal)
    torch.testing.assert_close(language_loss(LOGITS, labels, "masked"), masked)


def test_a_label_beyond_the_logits_is_said() -> None:
    with pytest.raises(LpzeroError, match="expected logits for 10 words at least, as the labels have, found 9"):
        language_loss(LOGITS, torch.full((2, 4), 9), "causal")


def test_an_encoder_decoder_shows_the_states_of_both() -> None:
    attention = torch.rand(2, 3, 4, 4)
    output = SimpleNamespace(
        logits=LOGITS,
        encoder_hidden_states=(STATE, STATE),
        decoder_hidden_states=(STATE + 1,),
        encoder_attentions=(attention,),
        decoder_attentions=(attention + 1,),
        cross_attentions=(attention + 2,),
    )
    found = read_answer(output, (2, 4))
    assert [float(state[0, 0, 0] - STATE[0, 0, 0]) for state in found.hidden_states] == pytest.approx(
        [0, 0, 1], abs=1e-6
    )
    assert len(found.attentions) == 3
    assert found.attentions[2] is output.cross_attentions[0]
