"""What is believed of what a foreign model shows."""

from __future__ import annotations

import pytest
import torch

from lpzero.operands.batch import Batch
from lpzero.operands.record import Record
from lpzero.operands.shown import Shown
from lpzero.spaces.models.sites import Reading


def shown(tokens: Batch, reading: Reading | None) -> Shown:
    return Shown(reading, Record(), tokens)


def test_a_model_that_names_its_sites_is_believed(tokens: Batch) -> None:
    x = torch.ones(3)
    assert shown(tokens, None).arranged("activation", x) is x


def test_axes_that_cannot_be_told_make_a_family_loose(tokens: Batch) -> None:
    found = shown(tokens, Reading(axes="batch first"))
    assert found.arranged("head", torch.ones(35, 4)).shape == (5, 7, 4)
    assert not found.loose
    assert found.arranged("head", torch.ones(35, 4), strewn=True).shape == (35, 4)
    assert found.arranged("activation", torch.ones(9, 4)).shape == (9, 4)
    assert set(found.loose) == {"head", "activation"}


@pytest.mark.parametrize("wrong", [torch.full((5, 2, 7, 7), 1 / 6), torch.eye(7), (torch.eye(7),)])
def test_attentions_that_are_no_probabilities_are_refused_with_the_heads(tokens: Batch, wrong: object) -> None:
    found = shown(tokens, Reading(attention=((1, "probabilities"),)))
    assert found.attended([wrong]) == []  # type: ignore[list-item]
    assert set(found.refused) == {"attention", "heads"}


def test_probabilities_are_at_their_layers(tokens: Batch) -> None:
    found = shown(tokens, Reading(attention=((2, "probabilities"),)))
    right = torch.full((5, 2, 7, 7), 1 / 7)
    assert found.attended([right]) == [((2, "probabilities"), right)]
    # another pass that shows more of them than the one that was read
    assert found.attended([right, right]) == []


def test_a_jacobian_is_taken_at_its_axes_where_they_are_certain(tokens: Batch) -> None:
    gradient = torch.rand(5, 7, 4)
    first = shown(tokens, Reading(axes="tokens first"))
    # the embedding may be turned later than the stream is looked at
    for given in (gradient, gradient.transpose(0, 1), gradient.transpose(0, 1).flatten(0, 1)):
        ((place, tensor),) = first.jacobian([given])
        assert place == (0, "embedding")
        assert torch.equal(tensor, gradient)
    assert not first.loose
    square = Batch(tokens.input_ids[:, :5], tokens.labels[:, :5])
    for axes, loose in (("batch first", set()), ("tokens first", {"jacobian"})):
        found = shown(square, Reading(axes=axes))  # type: ignore[arg-type]
        assert torch.equal(found.jacobian([gradient[:, :5]])[0][1], gradient[:, :5])
        assert set(found.loose) == loose


@pytest.mark.parametrize("reading", [None, Reading(axes="batch first")])
def test_gradients_of_tokens_one_by_one_are_no_sequence(tokens: Batch, reading: Reading | None) -> None:
    steps = [torch.rand(5, 4) for _ in range(7)]
    found = shown(tokens, reading)
    ((_, tensor),) = found.jacobian([torch.zeros(5, 4), *steps])
    assert torch.equal(tensor, torch.cat(steps))
    assert set(found.loose) == {"jacobian"}
    assert found.jacobian([]) == []
