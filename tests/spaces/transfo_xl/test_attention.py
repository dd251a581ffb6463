"""Relative attention, against the formula of the paper written out for every pair of tokens."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from lpzero.spaces.transfo_xl.attention import RelativeAttention, distance_sinusoids, relative_shift

WIDTH, TOKENS = 12, 7
X = torch.randn(2, TOKENS, WIDTH, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def attention(heads: int) -> RelativeAttention:
    made = RelativeAttention(WIDTH, heads).double()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return made


def encoding(distance: int) -> Tensor:
    angles = [distance / 10000 ** (2 * i / WIDTH) for i in range(WIDTH // 2)]
    return torch.tensor([math.sin(a) for a in angles] + [math.cos(a) for a in angles], dtype=torch.float64)


@pytest.mark.parametrize("heads", [1, 2, 3])
def test_the_scores_are_those_of_the_paper(heads: int) -> None:
    made = attention(heads)
    size = WIDTH // heads
    query, key, value = made.query_key_value.weight.split(WIDTH)
    expected = torch.zeros(2, heads, TOKENS, TOKENS, dtype=torch.float64)
    context = torch.zeros(2, TOKENS, WIDTH, dtype=torch.float64)
    for b in range(2):
        for h in range(heads):
            part = slice(h * size, (h + 1) * size)
            u, v = made.content_bias[h], made.position_bias[h]
            for i in range(TOKENS):
                q = query[part] @ X[b, i]
                scores = []
                for j in range(i + 1):
                    k = key[part] @ X[b, j]
                    r = made.position_key.weight[part] @ encoding(i - j)
                    scores.append((q @ k + q @ r + u @ k + v @ r) / math.sqrt(size))
                expected[b, h, i, : i + 1] = torch.stack(scores).softmax(0)
                context[b, i, part] = sum(p * (value[part] @ X[b, j]) for j, p in enumerate(expected[b, h, i, : i + 1]))
    output, probabilities = made(X)
    torch.testing.assert_close(probabilities, expected)
    torch.testing.assert_close(output, context @ made.output.weight.T)


def test_the_shift_puts_every_distance_in_its_place() -> None:
    # in every row: distance 3, 2, 1, 0
    distances = torch.arange(3, -1, -1.0).expand(4, 4)
    expected = [[0], [1, 0], [2, 1, 0], [3, 2, 1, 0]]
    assert [row[: i + 1].tolist() for i, row in enumerate(relative_shift(distances))] == expected


def test_the_encodings_count_down_to_the_distance_zero() -> None:
    found = distance_sinusoids(3, 4, like=torch.zeros(1))
    assert found.dtype == torch.float32
    assert found[2].tolist() == [0, 0, 1, 1]
    torch.testing.assert_close(
        found[1], torch.tensor([math.sin(1), math.sin(0.01), math.cos(1), math.cos(0.01)]), rtol=0, atol=1e-7
    )


def test_a_single_token_looks_at_itself() -> None:
    made = attention(2)
    output, probabilities = made(X[:, :1])
    assert (probabilities == 1).all()
    torch.testing.assert_close(output, X[:, :1] @ made.query_key_value.weight[2 * WIDTH :].T @ made.output.weight.T)


def test_the_gradients_are_those_of_finite_differences() -> None:
    made = attention(2)
    x = X[:1, :4].clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda y: made(y)[0], (x,))
