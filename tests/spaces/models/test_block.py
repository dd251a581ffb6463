"""Parts of a block: where the norms lie, and a feed-forward by hand."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lpzero.spaces.models.block import FEED_FORWARD_ACTIVATIONS, FEED_FORWARD_WEIGHTS, FeedForward, PreNormBlock

X = torch.randn((2, 3, 4), generator=torch.Generator().manual_seed(0))


class Shift(nn.Module):
    """Adds a number; its probabilities are the number."""

    def forward(self, x: Tensor, by: float) -> tuple[Tensor, Tensor]:
        """Shifted."""
        return x + by, torch.tensor(by)


class Times(nn.Module):
    """Multiplies by a number."""

    def __init__(self, number: float) -> None:
        super().__init__()
        self.number = nn.Parameter(torch.tensor(number))

    def forward(self, x: Tensor) -> Tensor:
        """Multiplied."""
        return x * self.number


def test_each_part_adds_what_it_makes_of_the_normed_stream() -> None:
    block = PreNormBlock(Times(2.0), Shift(), Times(3.0), Times(5.0))
    after, probabilities = block(X, by=7.0)
    # operation: x + (2 x + 7); feed-forward: y + 5 (3 y)
    torch.testing.assert_close(after, 16 * (3 * X + 7))
    assert probabilities.item() == 7


def test_the_weights_are_drawn_in_the_order_of_the_arguments() -> None:
    block = PreNormBlock(nn.LayerNorm(4), nn.Linear(4, 4), nn.LayerNorm(4), nn.Linear(4, 4))
    order = [name.rpartition(".")[0] for name, _ in block.named_parameters()][::2]
    assert order == ["operation_norm", "operation", "feed_forward_norm", "feed_forward"]


def test_a_feed_forward_by_hand() -> None:
    part = FeedForward(2, 3, nn.ReLU())
    with torch.no_grad():
        part.inner.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]))
        part.inner.bias.copy_(torch.tensor([0.0, 1.0, 0.0]))
        part.output.weight.copy_(torch.tensor([[1.0, 1.0, 1.0], [0.0, 2.0, 0.0]]))
        part.output.bias.copy_(torch.tensor([10.0, 20.0]))
    # inner (2, -3 + 1, 1), behind the ReLU (2, 0, 1)
    assert part(torch.tensor([[[2.0, -3.0]]])).tolist() == [[[13.0, 20.0]]]


def test_a_feed_forward_without_biases_has_the_weights_alone() -> None:
    part = FeedForward(2, 3, nn.ReLU(), bias=False)
    assert [name for name, _ in part.named_parameters()] == ["inner.weight", "output.weight"]
    x = torch.tensor([[[2.0, -3.0]]])
    expected = (x @ part.inner.weight.T).clamp(min=0) @ part.output.weight.T
    torch.testing.assert_close(part(x), expected)


def test_its_sites_are_its_weights_and_its_non_linearity() -> None:
    block = nn.ModuleDict({"feed_forward": FeedForward(2, 3, nn.GELU())})
    weights = [name for name, parameter in block.named_parameters() if parameter.ndim == 2]
    assert list(FEED_FORWARD_WEIGHTS.values()) == weights
    for module in FEED_FORWARD_ACTIVATIONS.values():
        assert isinstance(block.get_submodule(module), nn.GELU)
