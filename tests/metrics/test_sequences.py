"""Which rows of an activation belong to which sequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from lpzero.errors import LpzeroError
from lpzero.metrics.sequences import by_sequence, of_one_sequence, one_by_one
from lpzero.metrics.trace import trace
from lpzero.operands.batch import Batch

TWO = Batch(torch.zeros(2, 6, dtype=torch.int64), torch.zeros(2, 6, dtype=torch.int64))


def test_chunks_are_joined_and_whole_calls_stay_apart() -> None:
    whole = torch.arange(2 * 6 * 3.0).reshape(2, 6, 3)
    (joined,) = by_sequence((whole[:, :4], whole[:, 4:]), TWO) or ()
    assert torch.equal(joined, whole)
    assert by_sequence((whole, whole), TWO) == (whole, whole)


@pytest.mark.parametrize("shape", [(12, 3), (6, 2, 3), (2, 3, 6), (2, 5, 3)])
def test_other_axes_are_not_taken_for_sequences(shape: tuple[int, ...]) -> None:
    assert by_sequence((torch.ones(shape),), TWO) is None


def test_rows_of_one_sequence_are_those_of_all_calls() -> None:
    parts = (torch.ones(2, 3), torch.ones(5, 3))
    assert of_one_sequence(parts, 6).shape == (7, 3)
    assert of_one_sequence((torch.ones(6, 1, 3),), 6).shape == (6, 3)
    with pytest.raises(LpzeroError, match=r"expected activations .* found \(1, 3, 6\) for one sequence of 6 tokens"):
        of_one_sequence((torch.ones(1, 3, 6),), 6)


@pytest.mark.parametrize("unlabelled", [(), (0,), (1,), (0, 1)])
def test_shares_of_the_loss_add_up(unlabelled: tuple[int, ...], tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny()
    labels = batch.labels.clone()
    labels[0, list(unlabelled)] = -100
    given = Batch(batch.input_ids, labels)
    loss = trace(model, model.site_map(), given).loss
    parts = list(one_by_one(model, model.site_map(), given, loss))
    assert [share for share, _ in parts] == pytest.approx(
        [(4 - len(unlabelled)) / (8 - len(unlabelled)), 4 / (8 - len(unlabelled))]
    )
    torch.testing.assert_close(sum(share * alone.loss for share, alone in parts), loss)
    labels[0] = -100
    loss = trace(model, model.site_map(), given).loss
    assert [share for share, _ in one_by_one(model, model.site_map(), given, loss)] == [1.0]


def test_a_loss_that_is_no_mean_of_its_sequences_is_refused(tiny: Callable[..., Any], batch: Batch) -> None:
    model = tiny()
    loss = trace(model, model.site_map(), batch).loss
    with pytest.raises(LpzeroError, match="expected a loss that is the mean of its sequences' losses"):
        list(one_by_one(model, model.site_map(), batch, loss + 1))
