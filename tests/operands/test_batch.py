"""Token batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lpzero.errors import InputError, LpzeroError
from lpzero.operands.batch import Batch, batch_of, objective_of_labels, random_batch, shuffled_batch
from lpzero.spaces.models.calling import Calling
from lpzero.spaces.models.output import UNLABELLED


def test_masked_positions_are_predicted_and_hidden() -> None:
    batch = random_batch(1000, "masked", np.random.default_rng(0), batch=8, tokens=64)
    masked = batch.labels != UNLABELLED
    assert int(masked.sum()) == round(0.15 * 8 * 64)
    assert (batch.input_ids[masked] == 0).all()
    assert (batch.labels[masked] > 0).all()
    assert (batch.input_ids[~masked] > 0).all()
    assert (batch.input_ids < 1000).all()


def test_causal_labels_are_the_tokens() -> None:
    batch = random_batch(1000, "causal", np.random.default_rng(0), batch=2, tokens=8)
    assert torch.equal(batch.input_ids, batch.labels)
    assert batch.input_ids.data_ptr() != batch.labels.data_ptr()


def test_the_hash_tells_batches_apart() -> None:
    first, again, other = (random_batch(50, "causal", np.random.default_rng(s)) for s in (0, 0, 1))
    assert first.sha256 == again.sha256 != other.sha256
    reshaped = Batch(first.input_ids.reshape(4, -1), first.labels.reshape(4, -1))
    assert reshaped.sha256 != first.sha256


@pytest.mark.parametrize("sizes", [(1, 8, 64), (100, 0, 64), (100, 8, 1)])
def test_sizes_are_checked(sizes: tuple[int, int, int]) -> None:
    vocabulary, batch, tokens = sizes
    with pytest.raises(InputError, match="expected a vocabulary of 2"):
        random_batch(vocabulary, "causal", np.random.default_rng(0), batch=batch, tokens=tokens)


@pytest.mark.parametrize("objective", ["masked", "causal"])
def test_a_shuffled_batch_has_the_same_tokens_with_their_labels_in_other_places(objective: str) -> None:
    batch = random_batch(1000, objective, np.random.default_rng(0), batch=4, tokens=32)  # type: ignore[arg-type]
    before = batch.sha256
    first, again, other = (shuffled_batch(batch, np.random.default_rng(s)) for s in (0, 0, 1))
    assert batch.sha256 == before
    assert first.sha256 == again.sha256
    assert len({before, first.sha256, other.sha256}) == 3
    orders = set()
    for row in range(4):
        pairs, moved = (
            list(zip(b.input_ids[row].tolist(), b.labels[row].tolist(), strict=True)) for b in (batch, first)
        )
        assert sorted(pairs) == sorted(moved)
        assert pairs != moved
        orders.add(tuple(pairs.index(pair) for pair in moved))
    assert len(orders) == 4


def test_examples_become_batches() -> None:
    ids = torch.arange(6).reshape(2, 3)
    assert torch.equal(batch_of(ids, "causal").labels, ids)
    both = batch_of({"input_ids": ids.int(), "labels": ids + 1}, "masked")
    assert torch.equal(both.labels, ids + 1)
    assert both.input_ids.dtype == torch.int64
    for wrong, words in (
        ("text", "integer input_ids"),
        (ids.float(), "integer input_ids"),
        (ids[0], "integer input_ids"),
        ({"labels": ids}, "integer input_ids"),
        (ids[:0], "at least 1 sequence"),
        (ids[:, :1], "at least 1 sequence"),
        ({"input_ids": ids, "labels": ids[:1]}, "labels of the shape"),
    ):
        with pytest.raises(LpzeroError, match=words):
            batch_of(wrong, "causal")
    with pytest.raises(LpzeroError, match="labels as well"):
        batch_of(ids, "masked")


def test_everything_else_of_an_example_stays_beside_the_ids() -> None:
    from transformers import BatchEncoding

    ids, mask = torch.arange(6).reshape(2, 3), torch.ones(2, 3)
    state = (torch.zeros(1, 2, 4), torch.ones(2, 4))
    batch = batch_of(BatchEncoding({"input_ids": ids, "attention_mask": mask}), "causal")
    assert set(batch.arguments) == {"input_ids", "labels", "attention_mask"}
    batch = batch_of({"input_ids": ids, "mask": mask, "state": state, "flag": True}, "causal")
    one = batch.sequence(1)
    assert torch.equal(one.input_ids, ids[1:])
    assert one.more["mask"].shape == (1, 3)
    # what has no entry a sequence first is whole
    assert [part.shape for part in one.more["state"]] == [(1, 2, 4), (1, 4)]
    assert one.more["flag"] is True
    assert batch.to("cpu").sha256 == batch.sha256
    changed = batch_of({"input_ids": ids, "mask": mask.bfloat16() * 0, "state": state}, "causal")
    assert len({batch.sha256, changed.sha256, batch_of(ids, "causal").sha256}) == 3


def test_an_example_may_use_the_names_of_its_model() -> None:
    ids, after = torch.arange(6).reshape(2, 3), torch.arange(6).reshape(2, 3) + 1
    calling = Calling(None, "idx", "targets")
    batch = batch_of({"idx": ids, "targets": after}, "causal", calling)
    assert torch.equal(batch.input_ids, ids)
    assert torch.equal(batch.more["targets"], after)
    assert torch.equal(batch_of({"input_ids": ids}, "causal", calling).input_ids, ids)
    assert torch.equal(batch_of((ids, after), "causal", calling).labels, after)
    with pytest.raises(LpzeroError, match="found the keys tokens"):
        batch_of({"tokens": ids}, "causal", calling)
    with pytest.raises(LpzeroError, match=r"a tensor, .* found a list"):
        batch_of({"input_ids": [[1, 2]]}, "causal", calling)


def test_where_labels_stand_is_seen_in_them() -> None:
    ids = torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]])
    following = torch.cat((ids[:, 1:], torch.tensor([[7], [8]])), 1)
    masked = torch.full_like(ids, -100)
    masked[0, 2] = 8
    some = ids.clone()
    some[:, 3:] = -100
    for labels, expected in (
        (ids, "causal"),
        (some, "causal"),
        (following, "masked"),
        (following.masked_fill(torch.arange(5) == 4, -100), "masked"),
        (masked, "masked"),
        # labels that nothing explains are those of the model
        (ids + 1, "causal"),
        (torch.full_like(ids, -100), "causal"),
    ):
        assert objective_of_labels(Batch(ids, labels), "causal") == expected
    assert objective_of_labels(Batch(ids, ids), "masked") == "masked"


def test_a_sequence_alone_is_what_a_model_is_called_with() -> None:
    batch = random_batch(9, "causal", np.random.default_rng(0), batch=3, tokens=4)
    alone = batch.sequence(1)
    assert torch.equal(alone.arguments["input_ids"], batch.input_ids[1:2])
    assert torch.equal(alone.arguments["labels"], batch.labels[1:2])


def test_a_target_is_drawn_beside_its_source() -> None:
    batch = random_batch(50, "seq2seq", np.random.default_rng(0), batch=3, tokens=7)
    assert batch.input_ids.shape == batch.labels.shape == (3, 7)
    assert not torch.equal(batch.input_ids, batch.labels)
    assert min(batch.input_ids.min(), batch.labels.min()) >= 1
    # the source is what a causal model would be shown
    assert torch.equal(
        batch.input_ids, random_batch(50, "causal", np.random.default_rng(0), batch=3, tokens=7).input_ids
    )
