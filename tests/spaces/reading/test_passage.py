"""A pass written down: calls, their nesting, and which tensor is which."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lpzero.spaces.reading.passage import record, tensors_of
from lpzero.spaces.reading.stacks import reached


class Inner(nn.Module):
    """A product whose result is written over."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        """As wide as before."""
        y = self.line(x)
        y *= 2
        return y.transpose(0, 1).transpose(0, 1)


class Outer(nn.Module):
    """A table, and one module twice."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.inner = nn.Embedding(9, 4), Inner()

    def forward(self, ids: Tensor) -> Tensor:
        """(batch, tokens, width)."""
        x = self.inner(self.words(ids))
        return self.inner(x)


def test_calls_nest_and_are_counted() -> None:
    model, ids = Outer(), torch.ones((2, 3), dtype=torch.int64)
    hooks = [len(module._forward_hooks) for module in model.modules()]
    passage = record(model, ids, lambda: model(ids))
    named = [(call.module, call.turn, call.parent) for call in passage.calls]
    assert named == [
        ("", 0, None), ("words", 0, 0), ("inner", 0, 0), ("inner.line", 0, 2), ("inner", 1, 0), ("inner.line", 1, 4),
    ]  # fmt: skip
    assert passage.calls[1].inputs[0].node == passage.ids
    # what one call gave is what the next one took, though it was written over and turned
    assert passage.calls[2].outputs[0].node == passage.calls[4].inputs[0].node
    assert passage.calls[3].outputs[0].node == passage.calls[2].outputs[0].node
    assert hooks == [len(module._forward_hooks) for module in model.modules()]


def test_parameters_are_known_by_all_their_names() -> None:
    model = Outer()
    model.other = nn.Linear(4, 9, bias=False)
    model.other.weight = model.words.weight
    ids = torch.ones((2, 3), dtype=torch.int64)
    passage = record(model, ids, lambda: model(ids))
    assert ["words.weight", "other.weight"] in passage.parameters.values()


def test_what_comes_of_a_tensor_is_followed() -> None:
    model, ids = Outer(), torch.ones((2, 3), dtype=torch.int64)
    passage = record(model, ids, lambda: model(ids))
    words, last = passage.calls[1].outputs[0].node, passage.calls[-1].outputs[0].node
    assert last in reached(passage, [words], 0, len(passage.operations))
    assert last not in reached(passage, [words], len(passage.operations), len(passage.operations))


def test_tensors_of_lists_and_mappings_are_found_in_order() -> None:
    a, b, c = torch.ones(1), torch.ones(2), torch.ones(3)
    assert [len(t) for t in tensors_of(({"x": a}, [b, None, (c, 3)]))] == [1, 2, 3]
