"""What weights are for, by what becomes of their outputs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from lpzero.spaces.reading.flow import Flow, layer_flow
from lpzero.spaces.reading.passage import Passage, record
from tests.spaces.reading.zoo import WIDTH, Block, ExpertBlock, InPlace, Model, Parallel, PostNorm, seeded


def followed(make: Callable[[], nn.Module]) -> tuple[Passage, Flow]:
    model, ids = seeded(lambda: Model(make())), torch.arange(18).view(2, 9)
    passage = record(model, ids, lambda: model(ids))
    block = next(call for call in passage.calls if call.module == "blocks.0")
    return passage, layer_flow(passage, block.start, block.stop)


def groups(passage: Passage, flow: Flow) -> dict[str, str | None]:
    """The group of each weight of the block, by the first part of its path."""
    found = {}
    for node, (name, *_) in passage.parameters.items():
        if name.startswith("blocks.0.") and flow.group(node) is not None and "norm" not in name:
            found[name.removeprefix("blocks.0.")] = flow.group(node)
    return found


@pytest.mark.parametrize("make", [Block, Parallel, InPlace, PostNorm, ExpertBlock])
def test_attentions_and_feed_forwards_are_told_apart(make: Callable[[], nn.Module]) -> None:
    found = groups(*followed(make))
    assert {name: group for name, group in found.items() if name.startswith("u.")} == {
        f"u.{part}.weight": "operation" for part in "abcd"
    }
    assert {group for name, group in found.items() if name.startswith("w.")} == {"feed_forward"}


class Mixing(nn.Module):
    """One weight before and one behind something that brings tokens together, or does not."""

    def __init__(self, between: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.between, self.second = nn.Linear(WIDTH, WIDTH), between, nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """The stream on."""
        return x + self.second(self.between(self.first(x)))


@pytest.mark.parametrize(
    ("between", "group"),
    [
        (lambda y: y.cumsum(1), "operation"),
        (lambda y: torch.fft.fft(y, dim=1).real, "operation"),
        (lambda y: y.roll(1, 1), "operation"),
        (lambda y: (y @ y.transpose(1, 2)).tril() @ y, "operation"),
        (lambda y: y.relu(), "feed_forward"),
        (lambda y: y * y.sigmoid(), "feed_forward"),
        (lambda y: y.softmax(-1), "feed_forward"),
    ],
)
def test_what_brings_tokens_together_makes_an_operation(between: Callable[[Tensor], Tensor], group: str) -> None:
    assert set(groups(*followed(lambda: Mixing(between))).values()) == {group}


@pytest.mark.parametrize(("taps", "group"), [(3, "operation"), (1, "feed_forward")])
def test_a_convolution_brings_tokens_together_where_it_has_several_taps(taps: int, group: str) -> None:
    class Convolved(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv1d(WIDTH, WIDTH, taps, padding=taps // 2)

        def forward(self, x: Tensor) -> Tensor:
            return x + self.conv(x.transpose(1, 2)).transpose(1, 2)

    assert set(groups(*followed(Convolved)).values()) == {group}


def test_the_factors_of_an_attention_are_its_heads() -> None:
    passage, flow = followed(Block)
    names = {passage.parameters[node][0] for node in flow.heads}
    assert names == {f"blocks.0.u.{part}.weight" for part in "abc"}
    assert not followed(lambda: Mixing(lambda y: y.cumsum(1)))[1].heads


def test_rows_of_experts_are_picked() -> None:
    passage, flow = followed(ExpertBlock)
    acts = [call for call in passage.calls if ".parts." in call.module and call.module.endswith(".f")]
    assert acts
    assert all(call.outputs[0].node in flow.picked for call in acts)
    assert not followed(Block)[1].picked
