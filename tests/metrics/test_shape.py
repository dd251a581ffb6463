"""Metrics that are counts."""

from __future__ import annotations

import itertools
import random

import pytest

from lpzero.errors import InputError
from lpzero.metrics import Shape, get_metric


def score(name: str, depth: int, width: int, params: int) -> float:
    return get_metric(name).score_shape(Shape(depth, width, params, params // 2, params // 3))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("params", 900), ("decoder_params", 450), ("attention_params", 300), ("depth", 4), ("width", 256)],
)
def test_a_plain_count_is_itself(name: str, expected: int) -> None:
    assert score(name, 4, 256, 900) == expected


def test_depth_then_hidden_is_the_order_of_pairs() -> None:
    pairs = list(itertools.product((1, 2, 255), (0, 1, 16383)))
    scores = [score("depth_then_hidden", depth, width, 7) for depth, width in pairs]
    assert scores == sorted(scores)
    assert len(set(scores)) == len(pairs)
    assert score("depth_then_hidden", 2, 128, 1) == score("depth_then_hidden", 2, 128, 2)


def test_depth_hidden_params_is_the_order_of_triples() -> None:
    rng = random.Random(0)
    edges = list(itertools.product((0, 1, 254, 255), (0, 1, 16382, 16383), (0, 1, 2**31 - 2, 2**31 - 1)))
    drawn = [(rng.randrange(2**8), rng.randrange(2**14), rng.randrange(2**31)) for _ in range(1000)]
    triples = sorted({*edges, *drawn})
    scores = [score("depth_hidden_params", *triple) for triple in triples]
    assert all(low < high for low, high in itertools.pairwise(scores))


def test_the_encoding_by_hand() -> None:
    # 3 + 4096 / 2^14 + 2^30 / 2^45 = 3 + 1/4 + 1/32768
    assert score("depth_hidden_params", 3, 4096, 2**30) == 3.25 + 2**-15


def test_width_then_shallow_is_the_order_of_width_and_fewer_blocks() -> None:
    pairs = list(itertools.product((1, 2, 16383), (255, 12, 1, 0)))
    scores = [score("width_then_shallow", depth, width, 7) for width, depth in pairs]
    assert scores == sorted(scores)
    assert len(set(scores)) == len(pairs)
    # 64 wide with 4 blocks: 64 - 4 / 256
    assert score("width_then_shallow", 4, 64, 1) == score("width_then_shallow", 4, 64, 2) == 63.984375


def test_a_depth_that_would_pass_for_a_width_is_refused() -> None:
    with pytest.raises(InputError, match="expected a depth from 0 to 255, found 256"):
        score("width_then_shallow", 256, 64, 1)


@pytest.mark.parametrize(
    ("depth", "width", "params", "message"),
    [
        (256, 1, 1, "expected a depth from 0 to 255, found 256"),
        (1, 16384, 1, "expected a width from 0 to 16383, found 16384"),
        (1, 1, 2**31, "expected a number of parameters from 0 to 2147483647, found 2147483648"),
    ],
)
def test_what_would_collide_is_refused(depth: int, width: int, params: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        score("depth_hidden_params", depth, width, params)
