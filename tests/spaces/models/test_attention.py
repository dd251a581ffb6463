"""Attention, against PyTorch's own."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from lpzero.spaces.models.attention import attend, causal_mask, split_heads

GENERATOR = torch.Generator().manual_seed(0)
CAUSAL = torch.full((7, 7), -torch.inf).triu(1)


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=GENERATOR)


def test_a_head_is_a_slice_of_the_last_axis() -> None:
    x = noise(2, 7, 12)
    heads = split_heads(x, 3)
    assert heads.shape == (2, 3, 7, 4)
    for head in range(3):
        assert torch.equal(heads[:, head], x[..., 4 * head : 4 * (head + 1)])


def test_a_single_head_is_all_of_it() -> None:
    x = noise(2, 7, 12)
    assert torch.equal(split_heads(x, 1)[:, 0], x)


@pytest.mark.parametrize("mask", [None, CAUSAL], ids=["free", "causal"])
def test_the_context_is_the_one_of_torch(mask: Tensor | None) -> None:
    query, key, value = (noise(2, 3, 7, 4) for _ in range(3))
    context, probabilities = attend(query, key, value, mask)
    expected = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    # the heads lie side by side again, in their order
    torch.testing.assert_close(split_heads(context, 3), expected)
    assert context.shape == (2, 7, 12)
    torch.testing.assert_close(probabilities @ value, expected)
    torch.testing.assert_close(probabilities.sum(-1), torch.ones(2, 3, 7))


@pytest.mark.parametrize(("blocked", "dtype"), [(-torch.inf, torch.float32), (-9.0, torch.float64)])
def test_a_causal_mask_blocks_later_tokens_alone(blocked: float, dtype: torch.dtype) -> None:
    expected = torch.tensor([[0, blocked, blocked], [0, 0, blocked], [0, 0, 0]], dtype=dtype)
    mask = causal_mask(torch.ones((2, 3, 8), dtype=dtype), blocked)
    assert torch.equal(mask, expected)
    assert mask.dtype == dtype
    assert torch.equal(causal_mask(noise(1, 7, 2)), CAUSAL)
    assert causal_mask(torch.empty((1, 4, 2), device="meta")).device.type == "meta"


def test_what_the_mask_hides_has_no_probability() -> None:
    _, probabilities = attend(*(noise(2, 3, 7, 4) for _ in range(3)), CAUSAL)
    hidden = torch.ones(7, 7, dtype=torch.bool).triu(1)
    assert (probabilities[..., hidden] == 0).all()
    assert (probabilities[..., ~hidden] > 0).all()


def test_equal_keys_are_attended_to_alike() -> None:
    query, value = noise(1, 1, 5, 4), noise(1, 1, 5, 4)
    context, probabilities = attend(query, torch.ones(1, 1, 5, 4), value)
    torch.testing.assert_close(probabilities, torch.full((1, 1, 5, 5), 0.2))
    torch.testing.assert_close(context, value[:, 0].mean(1, keepdim=True).expand(1, 5, 4))


def test_the_scores_are_divided_by_the_root_of_the_size() -> None:
    # one query (2, 0, 0, 0) and the keys (1, 0, 0, 0) and 0: scores 2 / sqrt(4) = 1 and 0
    query = torch.tensor([[[[2.0, 0, 0, 0]]]])
    key = torch.tensor([[[[1.0, 0, 0, 0], [0.0, 0, 0, 0]]]])
    _, probabilities = attend(query, key, torch.zeros(1, 1, 2, 4))
    e = torch.tensor(1.0).exp()
    torch.testing.assert_close(probabilities[0, 0, 0], torch.stack([e / (e + 1), 1 / (e + 1)]))
