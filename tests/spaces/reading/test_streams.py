"""Hidden states and attentions, and the layers that they are of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lpzero.operands.batch import Batch
from lpzero.operands.extract import Operands, extract
from lpzero.spaces.models.foreign import Answering
from lpzero.spaces.reading.read import read_model
from tests.spaces.reading.zoo import Block, Model, Turns, TwoStacks, seeded


def shown(model: nn.Module, batch: Batch) -> Operands:
    answering = Answering(model, "causal")
    return extract(answering, read_model(answering, batch.input_ids, batch.labels), batch)


def test_the_stream_is_read_between_blocks_where_the_model_returns_none(tokens: Batch) -> None:
    model: Any = seeded(lambda: Model(Block(), Block()))
    hidden = [model.emb(tokens.input_ids)]
    for block in model.blocks:
        hidden.append(block(hidden[-1]))
    operands = shown(model, tokens)
    assert [site.layer for site in operands.sites["hidden"]] == [0, 1, 2]
    assert all(torch.equal(a, b) for a, b in zip(operands.tensors["hidden"], hidden, strict=True))


def test_each_stack_has_a_stream_that_enters_it(tokens: Batch) -> None:
    sites = shown(seeded(TwoStacks), tokens).sites["hidden"]
    assert [(site.layer, site.role) for site in sites] == [
        (0, "stream"), (1, "stream"), (2, "stream"), (3, "stream"),
        (3, "stream 1"), (4, "stream"), (5, "stream"),
    ]  # fmt: skip


def test_sums_outside_the_blocks_leave_the_stream_open(tokens: Batch) -> None:
    assert "hidden" in shown(seeded(Turns), tokens).absent


class Returning(Model):
    """Two blocks, of which the second alone shows its probabilities."""

    def __init__(self, states: int) -> None:
        super().__init__(Block(), Block())
        self.look, self.states = nn.Linear(12, 12), states

    def forward(self, ids: Tensor) -> Any:  # type: ignore[override]
        """Logits with hidden states and attentions."""
        x = self.emb(ids)
        hidden = [x]
        for block in self.blocks:
            x = block(x)
            hidden.append(x)
        return SimpleNamespace(logits=self.head(x), hidden_states=tuple(hidden[: self.states]))


def test_as_many_hidden_states_as_there_should_be_are_believed(tokens: Batch) -> None:
    for states in (3, 2):
        operands = shown(seeded(lambda states=states: Returning(states)), tokens)
        assert [site.layer for site in operands.sites["hidden"]] == [0, 1, 2]


class Probable(nn.Module):
    """A block that gives its probabilities beside the stream."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The stream on, and (batch, 1, tokens, tokens)."""
        probabilities = (x @ x.transpose(1, 2)).softmax(-1)
        return x + self.line(probabilities @ x), probabilities.unsqueeze(1)

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(12, 12)


@pytest.mark.parametrize("kept", [(1,), (0, 2), (0, 1, 2)])
def test_attentions_of_some_blocks_are_at_these(tokens: Batch, kept: tuple[int, ...]) -> None:
    class Some(Model):
        def forward(self, ids: Tensor) -> Any:  # type: ignore[override]
            x, seen = self.emb(ids), []
            for block in self.blocks:
                x, probabilities = block(x)
                seen.append(probabilities)
            return SimpleNamespace(logits=self.head(x), attentions=tuple(seen[i] for i in kept))

    operands = shown(seeded(lambda: Some(*(Probable() for _ in range(3)))), tokens)
    assert [site.layer - 1 for site in operands.sites["attention"]] == list(kept)
    assert operands.shape.counts["heads"] == len(kept)
