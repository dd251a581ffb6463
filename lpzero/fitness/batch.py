"""Rank statistics of thousands of score vectors at once, on whatever device the scores lie.

Scores are replaced by the net counts of their ranks, lower less higher scores: integers, which float32 holds exactly.
Kendall's count of net pairs is then one comparison of every pair and one matrix product, and no value depends on the
order of a sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lpzero.errors import InputError
from lpzero.fitness.correlation import Correlation
from lpzero.fitness.fitness import SMALLEST_NORMAL
from lpzero.fitness.merge_sort import BLOCK, net_pairs_merged

PAIRS_ON_CPU = 2**20
"""Compared pairs that are held at once on a CPU: they should fit into its second-level cache."""

PAIRS_ON_DEVICE = 2**27
"""Compared pairs that are held at once elsewhere: 4 bytes each, 512 MiB."""

COMPARED = 1024
"""Architectures of which every pair is compared; pairs of more are counted by merging, in less time and memory."""

EXACT_IN_FLOAT32 = 2**24
"""Every integer up to this one is a float32."""

SIGNATURE_SEED = 0x1FA2E60


@dataclass(frozen=True)
class RankStatistics:
    """Rank statistics of score vectors, each a tensor (candidates,) on the device of the scores.

    Attributes:
        tau_a: Kendall's tau-a, float64 in [-1, 1]; NaN where the candidate is not finite or is constant.
        tau_b: Kendall's tau-b, likewise.
        rho: Spearman's rho, likewise.
        distinct: Share of distinct scores, float64 in (0, 1]; NaN where the candidate is not finite.
        finite: Whether every score is finite, bool.
        overflow: Whether some score is infinite and none is NaN, bool.
        constant: Whether every score is the same, bool; False where the candidate is not finite.
        vanishing: Whether, moreover, it is 0 or closer to 0 than the smallest normal float32, bool.
        signature: As of :func:`rank_signatures`, int64.
    """

    tau_a: Tensor
    tau_b: Tensor
    rho: Tensor
    distinct: Tensor
    finite: Tensor
    overflow: Tensor
    constant: Tensor
    vanishing: Tensor
    signature: Tensor


@dataclass(frozen=True)
class _Ranks:
    """Ranks of score vectors.

    Attributes:
        net: (candidates, architectures) int64, the number of lower scores less that of higher scores: twice the
            distance of the mid-rank from the mean rank.
        tied: (candidates,) int64, pairs of equal scores.
        distinct: (candidates,) int64, distinct scores.
        lowest: (candidates,) the lowest score; NaN where all are.
        highest: (candidates,) the highest score; NaN where one is.
    """

    net: Tensor
    tied: Tensor
    distinct: Tensor
    lowest: Tensor
    highest: Tensor

    @property
    def finite(self) -> Tensor:
        """(candidates,) bool."""
        return torch.isfinite(self.lowest) & torch.isfinite(self.highest)


def _ranks(scores: Tensor) -> _Ranks:
    values, order = torch.sort(scores, dim=1)
    n = scores.shape[1]
    position = torch.arange(n, device=scores.device).expand_as(order)
    net = torch.empty_like(order).scatter_(1, order, 2 * position - (n - 1))
    repeated = values[:, 1:] == values[:, :-1]
    count = repeated.sum(1)
    tied = torch.zeros_like(count)
    # most score vectors have no ties: only the others pay for them
    rows = torch.nonzero(count).squeeze(1)
    if len(rows):
        steps, at = ~repeated[rows], position[: len(rows)]
        edge = torch.ones_like(steps[:, :1])
        first = torch.where(torch.cat([edge, steps], 1), at, 0).cummax(1).values
        last = torch.where(torch.cat([steps, edge], 1), at, n - 1).flip(1).cummin(1).values.flip(1)
        net[rows] = torch.empty_like(first).scatter_(1, order[rows], first + last - (n - 1))
        tied[rows] = (at - first).sum(1)
    # NaN is sorted behind infinity: the ends tell
    return _Ranks(net, tied, n - count, values[:, 0], values[:, -1])


def multipliers(n: int) -> np.ndarray:
    """(n,) odd int64, the same for ever: a signature is the sum of net ranks times these, modulo 2^64."""
    # the raw stream of a bit generator is the same in every version of NumPy
    drawn = np.random.PCG64(SIGNATURE_SEED).random_raw(n) | np.uint64(1)
    found: np.ndarray = drawn.astype(np.uint64).view(np.int64)
    return found


def _signatures(net: Tensor, factors: Tensor) -> Tensor:
    # int64 arithmetic wraps around: this is a sum modulo 2^64
    hashed = (net * factors).sum(1)
    return torch.minimum(hashed, -hashed)


def _chunks(scores: Tensor, pairs: int | None, each: int) -> Iterator[Tensor]:
    """Candidates a few at a time, where each of them needs so many pairs; once, where there are none."""
    most = pairs if pairs is not None else PAIRS_ON_CPU if scores.device.type == "cpu" else PAIRS_ON_DEVICE
    held = max(1, most // each)
    for start in range(0, max(1, len(scores)), held):
        yield scores[start : start + held]


def _check_scores(scores: Tensor) -> None:
    if scores.ndim != 2 or scores.shape[1] < 2 or not scores.is_floating_point():
        raise InputError(
            f"expected floating-point scores (candidates, architectures) of at least 2 architectures, "
            f"found {scores.dtype} of shape {tuple(scores.shape)}"
        )


def rank_signatures(scores: Tensor, *, pairs: int | None = None) -> Tensor:
    """Hash the rankings of score vectors: rankings that are equal up to reversal share a signature.

    The signature of a ranking is the sum over architectures of the net count of its rank (lower less higher scores)
    times a fixed, random, odd 64-bit number, modulo 2^64; reversal negates it, and of both the smaller one is taken.
    For two given rankings that are neither equal nor reversed, over the draw of the multipliers, the probability to
    share a signature is at most 2^(v - 62), where 2^v is the largest power of 2 that divides every difference of
    their counts: v is 1 as a rule, and 2^v never exceeds 2 n. A million distinct rankings (2^39 pairs) have a
    collision with a probability of about 2^-22, 17 million (2^47 pairs) with about 2^-14.

    Args:
        scores: (candidates, architectures), floating point, on any device; a signature of a vector that is not
            finite means nothing.
        pairs: Numbers held at once, which bounds the memory; None for what suits the device.

    Returns:
        (candidates,) int64, the same on every machine; 0 for a constant vector.

    Raises:
        InputError: The shape or type is another.

    >>> ranking = torch.tensor([[0.1, 0.2, 0.9], [1.0, 3.0, 80.0], [-1.0, -3.0, -80.0], [0.2, 0.1, 0.9]])
    >>> first, again, negated, other = rank_signatures(ranking).tolist()
    >>> first == again == negated, first == other
    (True, False)
    """
    _check_scores(scores)
    n = scores.shape[1]
    factors = torch.from_numpy(multipliers(n)).to(scores.device)
    return torch.cat([_signatures(_ranks(chunk).net, factors) for chunk in _chunks(scores, pairs, n)])


def rank_statistics(
    scores: Tensor, quality: Tensor, *, pairs: int | None = None, counted: Tensor | None = None
) -> RankStatistics:
    """Rank statistics of many score vectors against one quality.

    The figures are those of :func:`lpzero.fitness.correlate`: Kendall's tau-a and tau-b (Kendall 1945), Spearman's
    rho with mid-ranks.

    Args:
        scores: (candidates, architectures), floating point, on any device.
        quality: (architectures,), finite, at least two distinct values, higher is better; on the same device.
        pairs: Pairs of architectures held at once, which bounds the memory: 8 bytes a pair; None for what suits
            the device.
        counted: (architectures, architectures) bool, symmetric: the pairs that tau-a and tau-b are over, at least one;
            None for all of them. Rho is over all architectures whatever counts.

    Returns:
        One figure of each kind for every candidate, in their order.

    Raises:
        InputError: The shapes or types are others, or the quality is not finite or constant.

    >>> found = rank_statistics(torch.tensor([[1.0, 2.0, 3.0, 3.0]]), torch.tensor([10.0, 20.0, 30.0, 40.0]))
    >>> [round(float(value), 3) for value in (found.tau_b, found.tau_a, found.distinct)]
    [0.913, 0.833, 0.75]
    """
    _check_scores(scores)
    n = scores.shape[1]
    if quality.shape != (n,):
        raise InputError(f"expected one quality for each of {n} architectures, found shape {tuple(quality.shape)}")
    target = _ranks(quality[None])
    if not bool(target.finite):
        raise InputError("expected finite quality, found NaN or infinity")
    if int(target.distinct) < 2:
        raise InputError("expected at least two distinct qualities, found a constant")
    factors = torch.from_numpy(multipliers(n)).to(scores.device)
    if counted is not None:
        _check_counted(counted, n)
    found = [
        _statistics(chunk, target, factors, counted)
        for chunk in _chunks(scores, pairs, n * (n if n <= COMPARED else BLOCK))
    ]
    return RankStatistics(*(torch.cat(parts) for parts in zip(*found, strict=True)))


def correlation_over(scores: np.ndarray, quality: np.ndarray, counted: np.ndarray | None) -> Correlation | None:
    """The correlation of one score vector over the pairs that count.

    Args:
        scores: (architectures,), higher is better.
        quality: (architectures,), finite.
        counted: (architectures, architectures) bool; None for all pairs.

    Returns:
        None where no two architectures are there, the scores or qualities do not vary, or no pair counts.
    """
    if len(scores) < 2 or len(np.unique(quality)) < 2 or (counted is not None and not counted.any()):
        return None
    some = None if counted is None else torch.from_numpy(counted)
    found = rank_statistics(torch.from_numpy(scores[None]), torch.from_numpy(quality), counted=some)
    if not bool(found.finite) or bool(found.constant):
        return None
    return Correlation(*(float(figure) for figure in (found.tau_b, found.tau_a, found.rho, found.distinct)))


def _check_counted(counted: Tensor, n: int) -> None:
    if counted.shape != (n, n) or counted.dtype != torch.bool:
        raise InputError(f"expected which pairs of {n} architectures count, found {tuple(counted.shape)}")
    if n > COMPARED:
        raise InputError(f"some pairs of at most {COMPARED} architectures can be counted, found {n}")
    if not bool(counted.any()):
        raise InputError("expected a pair of architectures that counts, found none")


def _statistics(scores: Tensor, target: _Ranks, factors: Tensor, counted: Tensor | None) -> tuple[Tensor, ...]:
    """The attributes of :class:`RankStatistics`, in their order, of some candidates."""
    n = scores.shape[1]
    ranks = _ranks(scores)
    finite = ranks.finite
    constant = finite & (ranks.distinct == 1)
    undefined = ~finite | constant
    overflow = ~finite & ~ranks.highest.isnan()
    vanishing = constant & (ranks.highest.abs() < SMALLEST_NORMAL)
    if counted is None:
        all_pairs = n * (n - 1) // 2
        net = _net_pairs(ranks.net, target.net[0])
        free = (all_pairs - ranks.tied).double() * (all_pairs - target.tied).double()
    else:
        all_pairs = int(counted.sum()) // 2
        net, free = _net_and_free(ranks.net, target.net[0], counted)
    x, y = ranks.net.double(), target.net[0].double()
    figures = (net / all_pairs, net / free.sqrt(), (x @ y) / (x.square().sum(1) * y.square().sum()).sqrt())
    distinct = torch.where(finite, ranks.distinct.double() / n, torch.nan)
    return (
        *(torch.where(undefined, torch.nan, figure) for figure in figures),
        *(distinct, finite, overflow, constant, vanishing, _signatures(ranks.net, factors)),
    )


def _net_pairs(x: Tensor, y: Tensor) -> Tensor:
    """Concordant less discordant pairs of x (candidates, architectures) with y (architectures,), as float64."""
    if x.shape[1] > COMPARED:
        return net_pairs_merged(x, y).double()
    dtype = torch.float32 if x.shape[1] ** 2 <= EXACT_IN_FLOAT32 else torch.float64
    x, y = x.to(dtype), y.to(dtype)
    order = (y[:, None] - y).sign().flatten()
    return (x[:, :, None] - x[:, None]).sign_().flatten(1).mv(order).double() / 2


def _net_and_free(x: Tensor, y: Tensor, counted: Tensor) -> tuple[Tensor, Tensor]:
    """Of the pairs that count: concordant less discordant ones, and the product of how many each side orders."""
    order = (y[:, None] - y).sign().float() * counted
    apart = (x[:, :, None] - x[:, None]).sign_().flatten(1).float()
    net = apart.mv(order.flatten()).double() / 2
    free = (apart.abs_().mv(counted.flatten().float()) / 2).double() * float(order.abs().sum() / 2)
    # where one side orders none of the pairs, nothing is net either
    return net, free.clamp(min=1.0)
