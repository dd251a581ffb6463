"""How what looks at all elements of a tensor is computed a piece at a time: statistics of pieces, joined in float64.

A piece is short enough for the cache of a processor, where an operation does not wait for memory. The statistics of a
piece are float32, as primitives compute them; they are joined in float64, and the result is float32
again: a number that overflows the whole overflows the joined pieces. The last digits differ from those of the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from lpzero.formula.functions import EPS

Statistics = tuple[Tensor, ...]


@dataclass(frozen=True)
class Streamed:
    """One primitive, a piece at a time.

    Attributes:
        joined: From the sizes of the pieces, (pieces,) float64, and each of their statistics, likewise, to those of the
            tensor, numbers in float32. A reduction has one: its value.
        partial: From a piece, (elements,) float32, to its statistics; None where its size is all that counts.
        applied: Of what keeps the shape: from a piece and the statistics of the tensor to the piece of the result.
    """

    joined: Callable[..., Statistics]
    partial: Callable[[Tensor], Statistics] | None = None
    applied: Callable[..., Tensor] | None = None


def _added(x: Tensor) -> Statistics:
    return (x.sum(),)


def _added_sizes(x: Tensor) -> Statistics:
    return (x.abs().sum(),)


def _added_squares(x: Tensor) -> Statistics:
    return ((x * x).sum(),)


def _centre_and_squares(x: Tensor) -> Statistics:
    centre = x.mean()
    apart = x - centre
    return centre, (apart * apart).sum()


def _ends(x: Tensor) -> Statistics:
    return x.amin(), x.amax()


def _largest_and_shares(x: Tensor) -> Statistics:
    # where all of a piece is minus infinity another one may still be finite
    largest = x.amax().clamp(min=torch.finfo(x.dtype).min)
    return largest, (x - largest).exp().sum()


def _count(sizes: Tensor) -> Tensor:
    return sizes.sum().float()


def _sum(_sizes: Tensor, sums: Tensor) -> Statistics:
    return (sums.sum().float(),)


def _average(sizes: Tensor, sums: Tensor) -> Statistics:
    return (sums.sum().float() / _count(sizes),)


def _root(_sizes: Tensor, sums: Tensor) -> Statistics:
    return (sums.sum().float().sqrt(),)


def _centred(sizes: Tensor, centres: Tensor, squares: Tensor) -> Statistics:
    """Mean and standard deviation of the population, of parts (Chan, Golub and LeVeque 1979)."""
    centre = (sizes * centres).sum() / sizes.sum()
    between = sizes * (centres - centre) ** 2
    # means that overflow, of numbers that are finite: those that are not show in the squares
    between = torch.where(between.isnan(), torch.inf, between)
    return centre.float(), ((squares.sum() + between.sum()) / sizes.sum()).float().sqrt()


def _spread(sizes: Tensor, centres: Tensor, squares: Tensor) -> Statistics:
    return (_centred(sizes, centres, squares)[1],)


def _scale(sizes: Tensor, centres: Tensor, squares: Tensor) -> Statistics:
    centre, spread = _centred(sizes, centres, squares)
    return centre, spread.clamp(min=EPS)


def _largest(_sizes: Tensor, largest: Tensor) -> Statistics:
    return (largest.amax().float(),)


def _range(_sizes: Tensor, lowest: Tensor, highest: Tensor) -> Statistics:
    low = lowest.amin().float()
    return low, (highest.amax().float() - low).clamp(min=EPS)


def _logarithm_of_sum(_sizes: Tensor, largest: Tensor, shares: Tensor) -> Statistics:
    top = largest.amax()
    return top.float(), (shares * (largest - top).exp()).sum().float().log()


def _placed(x: Tensor, origin: Tensor, scale: Tensor) -> Tensor:
    return (x - origin) / scale


def _lowered(x: Tensor, largest: Tensor, logarithm: Tensor) -> Tensor:
    return (x - largest) - logarithm


def _shared(x: Tensor, largest: Tensor, logarithm: Tensor) -> Tensor:
    return _lowered(x, largest, logarithm).exp()


TOTAL = Streamed(_sum, _added)
AVERAGE = Streamed(_average, _added)
SIZE = Streamed(_sum, _added_sizes)
AVERAGE_SIZE = Streamed(_average, _added_sizes)
NORM = Streamed(_root, _added_squares)
SPREAD = Streamed(_spread, _centre_and_squares)
LARGEST = Streamed(_largest, lambda x: (x.amax(),))
COUNT = Streamed(lambda sizes: (_count(sizes),))
STANDARD = Streamed(_scale, _centre_and_squares, _placed)
BETWEEN_ENDS = Streamed(_range, _ends, _placed)
LOG_SHARES = Streamed(_logarithm_of_sum, _largest_and_shares, _lowered)
SHARES = Streamed(_logarithm_of_sum, _largest_and_shares, _shared)
