"""Models without blocks."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.formula import parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.values import ExactSource
from lpzero.operands.batch import Batch
from lpzero.operands.extract import extract
from lpzero.spaces.models.foreign import Answering
from lpzero.spaces.reading.flat import NOTE
from lpzero.spaces.reading.read import read_model


class Plain(nn.Module):
    """Logits from an embedding and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.out = nn.Embedding(13, 8), nn.Linear(8, 13)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, tokens) to (batch, tokens, vocabulary)."""
        return self.out(self.words(x))  # type: ignore[no-any-return]


class Recurrent(nn.Module):
    """Two layers of a recurrent network of torch."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.cells, self.out = nn.Embedding(13, 8), nn.LSTM(8, 6, 2, batch_first=True), nn.Linear(6, 13)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, tokens) to (batch, tokens, vocabulary)."""
        return self.out(self.cells(self.words(x))[0])  # type: ignore[no-any-return]


def test_a_model_without_blocks_is_one_layer_and_that_is_noted(tokens: Batch) -> None:
    answering = Answering(Plain(), "causal")
    sites = read_model(answering, tokens.input_ids, tokens.labels)
    assert sites.reading is not None
    assert sites.reading.notes == (NOTE,)
    operands = extract(answering, sites, tokens)
    assert [(s.layer, s.group) for s in operands.sites["parameter"]] == [(0, "embedding"), (2, "output")]
    snip = Evaluator(ExactSource(operands)).scores(parse("sum(l1(weight * grad))"))[0]
    assert snip > 0
    assert operands.absent == {"hidden", "attention", "activation", "head"}


def test_a_recurrent_model_has_the_layers_of_its_cells(tokens: Batch) -> None:
    sites = read_model(Answering(Recurrent(), "causal"), tokens.input_ids, tokens.labels)
    assert sites.depth == 2
    inside = [(s.layer, s.group, s.role) for s in sites.parameters if s.group == "operation"]
    assert [layer for layer, _, _ in inside] == [1, 1, 2, 2]
    assert {s.group for s in sites.parameters} == {"embedding", "operation", "output"}


def test_a_model_that_shows_no_embedding_has_no_jacobian(tokens: Batch) -> None:
    class Bare(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Parameter(torch.ones(13, 13))

        def forward(self, x: Tensor) -> Tensor:
            return self.table[x].sum()

    answering = Answering(Bare(), "causal")
    sites = read_model(answering, tokens.input_ids, tokens.labels)
    operands = extract(answering, sites, tokens)
    assert Evaluator(ExactSource(operands)).scores(parse("sum(l1(weight * grad))"))[0] > 0
    with pytest.raises(LpzeroError, match="jacobian: found no module that takes the token ids"):
        Evaluator(ExactSource(operands)).scores(parse("sum(l1(jacobian))"))
