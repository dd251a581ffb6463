"""How much of what a proxy tells apart is the draw of weights and tokens, and not the architecture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from scipy import stats

from lpzero.engines import Engine
from lpzero.fitness.correlation import net_pairs
from lpzero.fitness.figures import rounded
from lpzero.operands.probe import Probe
from lpzero.proxy.proxy import Proxy
from lpzero.proxy.score import directed, score_architectures
from lpzero.result import Result
from lpzero.seeds import derived_seed
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

MOST = 32
"""Architectures that are scored again where nobody asks for a number."""


class SpreadFigures(Result):
    """The same architectures scored with several draws of weights and tokens.

    Attributes:
        initialisations: Draws, the one of the seed included.
        n: Architectures.
        share: Share of the variance of the ranks that is the draw's and not the architecture's, in [0, 1]: 1 less the
            intraclass correlation ICC(3,1) of Shrout & Fleiss (1979). None where a draw gives no finite scores.
        agreement: Mean tau-a of the scores of two draws; likewise.
    """

    initialisations: int
    n: int
    share: float | None = None
    agreement: float | None = None


def probes(probe: Probe, initialisations: int) -> list[Probe]:
    """The probe itself first, then others whose weights and tokens are drawn from seeds of their own."""
    others = range(1, initialisations)
    return [probe, *(replace(probe, seed=derived_seed(probe.seed, "initialisation", str(i))) for i in others)]


def draw_scores(
    space: SearchSpace,
    architectures: Sequence[Architecture],
    proxies: Sequence[Proxy],
    drawn: Sequence[Probe],
    *,
    engine: Engine,
    progress: Callable[[int, int], None],
) -> np.ndarray:
    """Score architectures with several draws.

    Args:
        space: Space and protocol that build the models.
        architectures: The architectures.
        proxies: The proxies.
        drawn: The draws.
        engine: Where the work runs; the result does not depend on it.
        progress: Called with (architectures done, architectures to do).

    Returns:
        (draws, proxies, architectures), higher is better; NaN where there is no score.
    """
    found, every = [], len(drawn) * len(architectures)
    for number, probe in enumerate(drawn):
        before = number * len(architectures)

        def tell(done: int, _total: int, before: int = before) -> None:
            progress(before + done, every)

        rows = score_architectures(space, architectures, proxies, probe, engine=engine, progress=tell)
        found.append([directed([row[i] for row in rows], proxy) for i, proxy in enumerate(proxies)])
    return np.array(found).reshape(len(drawn), len(proxies), len(architectures))


def spread_figures(scores: np.ndarray) -> SpreadFigures:
    """How far several draws agree.

    Args:
        scores: (draws, architectures), higher is better, two draws and architectures or more; NaN for none.

    >>> spread_figures(np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]])).share
    0.0
    """
    draws, n = scores.shape
    if not np.isfinite(scores).all():
        return SpreadFigures(initialisations=draws, n=n, share=None, agreement=None)
    ranks = stats.rankdata(scores, axis=1)
    of_architecture = ranks.mean(axis=0)
    residual = float(((ranks - of_architecture) ** 2).sum()) / ((draws - 1) * (n - 1))
    between = max(0.0, float(of_architecture.var(ddof=1)) - residual / draws)
    share = residual / (residual + between) if residual + between > 0 else None
    pairs = n * (n - 1) / 2
    agreement = np.mean([net_pairs(one, other) / pairs for one, other in combinations(scores, 2)])
    return SpreadFigures(
        initialisations=draws,
        n=n,
        share=None if share is None else rounded(share),
        agreement=rounded(float(agreement)),
    )
