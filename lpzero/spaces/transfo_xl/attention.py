"""Causal self-attention with relative positions (Transformer-XL, Dai et al. 2019, https://arxiv.org/abs/1901.02860)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from lpzero.spaces.models.attention import split_heads
from lpzero.spaces.models.sinusoids import sinusoids
from lpzero.spaces.models.weights import Linear


def distance_sinusoids(tokens: int, width: int, *, like: Tensor) -> Tensor:
    """The encodings of the distances tokens - 1 down to 0, (tokens, width), in the type and place of ``like``."""
    distances = torch.arange(tokens - 1, -1, -1, dtype=torch.float64, device=like.device)
    return sinusoids(distances, width, like=like)


def relative_shift(x: Tensor) -> Tensor:
    """Turn scores by distance into scores by place.

    Args:
        x: (..., tokens, tokens): in row i, column c belongs to the distance tokens - 1 - c.

    Returns:
        The same shape: for j <= i, [i, j] belongs to the distance i - j; what lies above the diagonal means
        nothing. A column of zeros in front makes the rows longer by one, so that reading them at their old length
        moves each by one place more than the row above it (appendix B of the paper).
    """
    tokens = x.shape[-1]
    padded = nn.functional.pad(x, (1, 0))
    return padded.reshape(*x.shape[:-2], tokens + 1, tokens)[..., 1:, :]


class RelativeAttention(nn.Module):
    """Multi-head self-attention in which a token sees itself and those before it, and how far away they are.

    For the query q of token i and the key k of token j, the score is (section 3.3 of the paper)

        A[i, j] = (q_i k_j + q_i r_(i-j) + u k_j + v r_(i-j)) / sqrt(size of a head)

    with r = W R, a linear map W of the encoding R of the distance, and two vectors u and v for each head, which
    belong to this layer alone. No linear map has a bias.

    Args:
        width: Width of the input, a multiple of ``heads`` and of 2.
        heads: Number of heads.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query_key_value = Linear(width, 3 * width, bias=False)
        self.position_key = Linear(width, width, bias=False)
        self.content_bias = nn.Parameter(torch.empty(heads, width // heads))
        self.position_bias = nn.Parameter(torch.empty(heads, width // heads))
        self.output = Linear(width, width, bias=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, tokens, width) to the same shape, and the probabilities (batch, heads, tokens, tokens)."""
        tokens, width = x.shape[-2:]
        fused = self.query_key_value(x).chunk(3, dim=-1)
        query, key, value = (split_heads(part, self.heads) for part in fused)
        distances = distance_sinusoids(tokens, width, like=x).unsqueeze(0)
        position_key = split_heads(self.position_key(distances), self.heads)
        by_content = (query + self.content_bias.unsqueeze(1)) @ key.transpose(-1, -2)
        by_position = (query + self.position_bias.unsqueeze(1)) @ position_key.transpose(-1, -2)
        scores = (by_content + relative_shift(by_position)) / math.sqrt(width // self.heads)
        ahead = torch.ones(tokens, tokens, dtype=torch.bool, device=x.device).triu(1)
        probabilities = scores.masked_fill(ahead, -math.inf).softmax(dim=-1)
        context = (probabilities @ value).transpose(1, 2).flatten(-2)
        return self.output(context), probabilities
