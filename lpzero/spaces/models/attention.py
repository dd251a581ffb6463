"""Attention, written out: what the spaces' own models share."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(batch, tokens, heads x size) to (batch, heads, tokens, size)."""
    return x.view(*x.shape[:-1], heads, -1).transpose(1, 2)


def causal_mask(x: Tensor, blocked: float = -math.inf) -> Tensor:
    """What is added to the scores so that no token looks at a later one.

    Args:
        x: (batch, tokens, width): gives the tokens, the number format and the device.
        blocked: The number above the diagonal; on it and below it is 0.

    Returns:
        (tokens, tokens), rows for what looks.
    """
    tokens = x.shape[1]
    return torch.full((tokens, tokens), blocked, dtype=x.dtype, device=x.device).triu(1)


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Attend within each head by scaled dot products.

    The softmax is written out, since the fused kernels of PyTorch give no probabilities.

    Args:
        query: (batch, heads, tokens, size).
        key: Likewise.
        value: Likewise.
        mask: (tokens, tokens), added to the scores; None for none.

    Returns:
        The context (batch, tokens, heads x size), and the probabilities (batch, heads, tokens, tokens).
    """
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = scores + mask
    probabilities = scores.softmax(dim=-1)
    return (probabilities @ value).transpose(1, 2).flatten(-2), probabilities
