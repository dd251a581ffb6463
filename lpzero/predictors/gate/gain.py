"""Whether what was gained is more than trainings of one model differ by, and how many more of them would tell.

The two-sided test of a difference of means with one deviation for all, that of the noise: Student's distribution, or
the normal one where the noise is given. Power is that of its square, a noncentral F (or chi-square) one.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import optimize, stats

from lpzero.fitness.compare import POWER, SIZE
from lpzero.fitness.resample import Interval
from lpzero.predictors.gate.seed_noise import SeedNoise, pooled_noise

MOST = 1000
"""More seeds than this are no plan."""
FARTHEST = 20.0
"""In standard errors, how far is looked for a difference that is found: with one degree of freedom 16.4 is."""

Verdict = Literal["better", "worse", "undecided"]


@dataclass(frozen=True)
class Gain:
    """What a candidate gained over a base, beside what seeds make of it.

    Attributes:
        gain: The difference of the means, in the unit of the quality; above 0 where the candidate is better.
        interval: Of 95 %.
        p: Two-sided p-value of no difference, in [0, 1].
        noise: What it was judged by.
        verdict: ``"better"`` or ``"worse"`` where p is below .05.
        more_seeds: How many more trainings of each of the two would decide with a probability of .8, were the true gain
            the measured one; 0 where it is decided, None where it takes more than ``MOST``.
        detectable: The least true gain that these trainings find with a probability of .8.
    """

    gain: float
    interval: Interval
    p: float
    noise: SeedNoise
    verdict: Verdict
    more_seeds: int | None
    detectable: float


def measured_gain(
    base: Sequence[float], candidate: Sequence[float], *, higher_is_better: bool, noise: SeedNoise | None
) -> Gain | None:
    """Judge what was gained.

    Args:
        base: Qualities of its trainings, one a seed, at least one, finite.
        candidate: Likewise.
        higher_is_better: The direction of the quality.
        noise: The noise of training; None where it is not known: the seeds tell it then. One that was measured is
            pooled with theirs.

    Returns:
        None where the noise is not known and there is one seed of each.

    Raises:
        InputError: All seeds agree, where nothing else tells the noise.
    """
    pooled = pooled_noise(noise, base, candidate)
    if pooled is None:
        return None
    sign = 1.0 if higher_is_better else -1.0
    gain = sign * (float(np.mean(candidate)) - float(np.mean(base))) + 0.0
    counts = len(base), len(candidate)
    error = _error(pooled.deviation, counts)
    p = float(2 * stats.t.sf(abs(gain) / error, pooled.freedom)) if error else float(gain == 0)
    reach = float(stats.t.ppf(1 - SIZE / 2, pooled.freedom)) * error
    decided: Verdict = "better" if gain > 0 else "worse"
    return Gain(
        gain=gain,
        interval=(gain - reach, gain + reach),
        p=p,
        noise=pooled,
        verdict=decided if p < SIZE else "undecided",
        more_seeds=0 if p < SIZE else _more(gain, pooled, counts),
        detectable=error * _found_at(pooled.freedom),
    )


def _error(deviation: float, counts: tuple[int, int]) -> float:
    """The standard error of a difference of means."""
    return deviation * math.sqrt(sum(1 / count for count in counts))


def power(ahead: float, freedom: float) -> float:
    """How surely a two-sided test finds a difference.

    Args:
        ahead: The true difference in its standard errors, at least 0.
        freedom: Degrees of freedom of the error, above 0; infinity for a known one.

    >>> round(power(2.8015852, float("inf")), 5), round(power(0.0, 4.0), 6)
    (0.8, 0.05)
    """
    if ahead == 0:
        return SIZE
    beyond = float(stats.t.ppf(1 - SIZE / 2, freedom))
    # squared: scipy's noncentral F is finite where its noncentral t is not
    square = stats.ncx2(1, ahead**2) if math.isinf(freedom) else stats.ncf(1, freedom, ahead**2)
    return float(square.sf(beyond**2))


def _found_at(freedom: float) -> float:
    """The difference, in its standard errors, that is found with a probability of ``POWER``."""
    return float(optimize.brentq(lambda ahead: power(ahead, freedom) - POWER, 0.0, FARTHEST, xtol=1e-6))


def _more(gain: float, noise: SeedNoise, counts: tuple[int, int]) -> int | None:
    """The fewest trainings more of each that decide."""
    if gain == 0:
        return None

    def enough(more: int) -> bool:
        with_them = (counts[0] + more, counts[1] + more)
        # the seeds tell the noise better, where it was not given
        return power(abs(gain) / _error(noise.deviation, with_them), noise.freedom + 2 * more) >= POWER

    found = bisect_left(range(1, MOST + 1), True, key=enough) + 1
    return found if found <= MOST else None
