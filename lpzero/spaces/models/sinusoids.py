"""Sinusoidal encodings of positions (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, section 3.5)."""

from __future__ import annotations

import torch
from torch import Tensor


def sinusoids(positions: Tensor, width: int, *, like: Tensor) -> Tensor:
    """Encode positions.

    Args:
        positions: (positions,), in double precision, in which all is computed.
        width: Of the encoding, an even number.
        like: Gives the type and the place of the result.

    Returns:
        (positions, width): the first half is the sines, the second the cosines of the position at the frequencies
        10000^(-2 i / width).

    >>> sinusoids(torch.zeros(1, dtype=torch.float64), 4, like=torch.zeros(1)).tolist()
    [[0.0, 0.0, 1.0, 1.0]]
    """
    places = torch.arange(0, width, 2, dtype=torch.float64, device=positions.device)
    angles = torch.outer(positions, 10000 ** (-places / width))
    return torch.cat([angles.sin(), angles.cos()], dim=-1).to(like)
