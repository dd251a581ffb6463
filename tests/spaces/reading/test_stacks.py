"""Chains of calls that are blocks, and what is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from lpzero.spaces.reading.passage import record
from lpzero.spaces.reading.stacks import Stack, find_stacks
from tests.spaces.reading.zoo import WIDTH, Applied, Block, Experts, Model, Steps, Turns, seeded


def stacks(make: Callable[[], nn.Module]) -> tuple[Stack, ...]:
    model, ids = seeded(make), torch.arange(18).view(2, 9)
    return find_stacks(model, record(model, ids, lambda: model(ids)))


def test_lists_that_take_turns_are_one_stack() -> None:
    (stack,) = stacks(Turns)
    assert stack.name == "blocks.#, rest.#"
    assert [len(layer) for layer in stack.layers] == [2, 2, 2]


def test_experts_beside_each_other_are_no_chain() -> None:
    (stack,) = stacks(lambda: Model(nn.Sequential(nn.LayerNorm(WIDTH), Experts())))
    assert len(stack.layers) == 1


def test_bare_layers_count_where_nothing_else_does() -> None:
    (stack,) = stacks(lambda: Model(nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)))
    assert len(stack.layers) == 2
    (only,) = stacks(lambda: Model(nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU()), nn.Linear(WIDTH, WIDTH)))
    assert (only.name, len(only.layers)) == ("blocks.#", 1)


def test_a_wrapper_that_is_applied_again_shows_its_blocks_again() -> None:
    class Inner(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList(Block() for _ in range(2))

        def forward(self, x: Tensor) -> Tensor:
            for layer in self.layers:
                x = layer(x)
            return x

    class Outer(Applied):
        def __init__(self) -> None:
            super().__init__(nn.Identity())
            self.inner = Inner()

        def body(self, x: Tensor) -> Tensor:
            for _ in range(3):
                x = self.inner(x)
            return x

    assert sum(len(stack.layers) for stack in stacks(Outer)) == 6


@pytest.mark.parametrize("make", [Steps, Model])
def test_there_may_be_none(make: Callable[[], nn.Module]) -> None:
    assert stacks(make) == ()
