"""Concordant less discordant pairs by merging: for so many architectures that one cannot look at every pair.

Knight (1966) counts them while a merge sort runs. Here all blocks of one length are merged at once, for all candidates:
time grows as n log^2 n, memory as n, and the counts are whole numbers, equal to those of every pair.
"""

from __future__ import annotations

import torch
from torch import Tensor

BLOCK = 64
"""Architectures whose pairs are compared one by one, where merging would take longer."""


def net_pairs_merged(x: Tensor, y: Tensor) -> Tensor:
    """Concordant less discordant pairs.

    Args:
        x: (candidates, architectures) int64.
        y: (architectures,) int64.

    Returns:
        (candidates,) int64.

    >>> net_pairs_merged(torch.tensor([[0, 1, 2, 2], [3, 2, 1, 0]]), torch.tensor([0, 1, 2, 3])).tolist()
    [5, -6]
    """
    order = torch.argsort(y, stable=True)
    ranked = y[order]
    forward = _ascents(x[:, order])
    if not bool((ranked[1:] == ranked[:-1]).any()):
        return forward
    # pairs of one quality count nothing: turned around, what they give is the opposite
    _, group = torch.unique_consecutive(ranked, return_inverse=True)
    place = torch.arange(len(y), device=y.device)
    turned = torch.argsort(group * len(y) + (len(y) - 1 - place))
    return (forward + _ascents(x[:, order[turned]])) // 2


def _ascents(x: Tensor) -> Tensor:
    """Pairs in which the later number is larger, less those with a smaller one: (candidates,)."""
    candidates, n = x.shape
    length = BLOCK
    while length < n:
        length *= 2
    # what fills up is larger than all before it, and equal to each other
    filled = torch.cat([x, (x.amax() + 1).expand(candidates, length - n)], 1)
    blocks = filled.reshape(candidates, -1, BLOCK)
    later = torch.ones(BLOCK, BLOCK, dtype=torch.bool, device=x.device).triu(1)
    total = (blocks[..., None, :] - blocks[..., None]).sign().masked_fill(~later, 0).sum((1, 2, 3))
    width = BLOCK
    blocks = blocks.sort(-1).values
    while width < length:
        left, right = blocks.reshape(candidates, -1, 2, width).unbind(2)
        left, right = left.contiguous(), right.contiguous()
        below, not_above = (torch.searchsorted(left, right, right=side) for side in (False, True))
        total += (below + not_above - width).sum((1, 2))
        width *= 2
        blocks = torch.cat([left, right], -1).sort(-1).values
    return total - n * (length - n)
