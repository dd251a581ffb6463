"""Parameters by part: the sums that hold whatever the parts are."""

from __future__ import annotations

import pytest
from torch import nn

from lpzero.spaces.models.block import FeedForward
from lpzero.spaces.models.counts import counts_of_parts, two_layer_parameters


def test_every_part_is_in_the_total_once_and_the_ends_are_not_in_between() -> None:
    # a number for each part that no sum of others makes
    counts = counts_of_parts(embedding=1, attention=10, feed_forward=100, norms=1000, output=10000)
    assert counts == {
        "total": 11111,
        "embedding": 1,
        "attention": 10,
        "feed_forward": 100,
        "nonembedding": 1110,
    }
    assert counts_of_parts(embedding=1, attention=10, feed_forward=100, norms=1000)["total"] == 1111


@pytest.mark.parametrize("inner", [(), (3,), (3, 5, 1)])
def test_feed_forwards_have_the_parameters_of_the_modules(inner: tuple[int, ...]) -> None:
    modules = [FeedForward(4, width, nn.ReLU()) for width in inner]
    built = sum(parameter.numel() for module in modules for parameter in module.parameters())
    assert two_layer_parameters(4, inner) == built
