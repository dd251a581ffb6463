"""Rotary positions: pairs of features that turn by an angle, which grows with the position.

Su et al. 2021 (https://arxiv.org/abs/2104.09864); attention then sees how far away a token is, not where it stands.
"""

from __future__ import annotations

import torch
from torch import Tensor

Rotation = tuple[Tensor, Tensor]
"""Cosines and sines of the angle of each position and feature, (tokens, size) each."""


def rotation(tokens: int, size: int, theta: float, like: Tensor) -> Rotation:
    """The angles of the positions.

    Args:
        tokens: Positions, from 0.
        size: Number of features that turn, even; features ``i`` and ``i + size / 2`` turn together, as transformers
            has it.
        theta: Base of the wavelengths: the features turn by ``theta ** (-2 i / size)`` a position.
        like: Gives the device and the number format.
    """
    steps = torch.arange(0, size, 2, device=like.device, dtype=torch.float32) / size
    positions = torch.arange(tokens, device=like.device, dtype=torch.float32)
    angles = positions.unsqueeze(1) * theta**-steps
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos().to(like.dtype), angles.sin().to(like.dtype)


def rotated(x: Tensor, by: Rotation) -> Tensor:
    """(batch, heads, tokens, size) with its pairs of features turned."""
    first, second = x.chunk(2, dim=-1)
    return x * by[0] + torch.cat((-second, first), dim=-1) * by[1]
