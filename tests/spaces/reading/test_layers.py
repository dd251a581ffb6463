"""Layers, what belongs to them, and what no pass reaches."""

from __future__ import annotations

import torch
from torch import nn

from lpzero.spaces.models.sites import BlockCall
from lpzero.spaces.reading.layers import Layers
from lpzero.spaces.reading.passage import Passage, record
from lpzero.spaces.reading.stacks import find_stacks
from tests.spaces.reading.zoo import WIDTH, Applied, Block, Model, TokensFirst, Turns, TwoStacks, seeded


def layers(model: nn.Module) -> tuple[Passage, Layers]:
    ids = torch.arange(18).view(2, 9)
    passage = record(model, ids, lambda: model(ids))
    return passage, Layers.of(model, passage, find_stacks(model, passage))


def test_layers_of_all_stacks_are_counted_on() -> None:
    _, found = layers(seeded(TwoStacks))
    assert (found.depth, found.borders, found.width, found.axes) == (5, (0, 3), WIDTH, "batch first")
    assert found.owner("upper.0.w.p.weight") == (4, "w.p.weight")
    assert found.owner("head.weight") is None
    # a layer lasts until the next one begins, the last one of a stack until it ends
    assert found.span(1)[1] == found.span(2)[0]
    assert found.span(3)[1] == found.calls[2][0].stop
    assert found.layer_at(found.span(5)[0]) == 5
    assert found.layer_at(0) is None


def test_parts_of_a_layer_of_two_lists_have_names_of_their_own() -> None:
    _, found = layers(seeded(Turns))
    assert found.owner("blocks.1.a.weight") == (2, "blocks.a.weight")
    assert found.owner("rest.1.p.weight") == (2, "rest.p.weight")


def test_calls_of_one_block_have_turns() -> None:
    _, found = layers(seeded(lambda: Applied(Block())))
    calls = [Layers.block_call(calls[0]) for calls in found.calls]
    assert calls == [BlockCall("blocks.0", turn) for turn in range(5)]


def test_tokens_may_come_first() -> None:
    _, found = layers(seeded(lambda: TokensFirst(batch_first=False)))
    assert found.axes == "tokens first"


def test_a_block_that_was_left_out_is_not_reached() -> None:
    class Short(Model):
        def __init__(self) -> None:
            super().__init__(Block(), Block())
            self.spare = nn.ModuleList(Block() for _ in range(2))

    _, found = layers(seeded(Short))
    assert found.unreached == ("spare",)
    assert found.is_unreached("spare.1.u.a.weight")
    assert not found.is_unreached("head.weight")
    assert found.is_behind("spare.0.u.a.weight")
    assert not found.is_behind("emb.weight")
