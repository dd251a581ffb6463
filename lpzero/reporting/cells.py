"""Figures as cells of a table, for a terminal and for a page: decimals, signs, intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lpzero.fitness.figures import ComparisonFigures, CorrelationFigures, DifferenceFigures, RankingFigures
    from lpzero.proxy.transfer import TransferCell


LEVEL = 0.05
"""P-values up to it are clear."""


def figure(value: float | None) -> str | None:
    """A correlation with three decimals."""
    return None if value is None else f"{value:.3f}"


def figures(correlation: CorrelationFigures | TransferCell) -> list[str | None]:
    """The four figures of a correlation, and the interval where it has one."""
    cells = [figure(value) for value in (correlation.tau_a, correlation.tau_b, correlation.rho, correlation.distinct)]
    interval = getattr(correlation, "interval", None)
    cells.append(ends(interval))
    return cells


def shares(ranking: RankingFigures) -> list[str | None]:
    """What lies behind the figures of a ranking: tau-a among comparable architectures and at the top, and regret."""
    parts = (ranking.within_depth, ranking.within_width, ranking.top_decile)
    cells = [None if part is None else figure(part.tau_a) for part in parts]
    lost = ranking.regret
    cells.append(None if not lost else ", ".join(f"{100 * regret.share:.1f}" for regret in lost.values()))
    return cells


def matched(ranking: RankingFigures | TransferCell) -> list[str | None]:
    """Tau-a at matched size, its interval and the number of pairs."""
    close = ranking.matched_size
    if close is None:
        return [None] * len(MATCHED)
    return [figure(close.tau_a), ends(close.interval), f"{close.pairs:,}"]


MATCHED = ("matched size", "95 %", "pairs")
"""The header of :func:`matched`."""


def ends(interval: Sequence[float] | None, *, signed: bool = False) -> str | None:
    """An interval; one of a difference with its signs."""
    if not interval:
        return None
    return ("{:+.3f} to {:+.3f}" if signed else "{:.3f} to {:.3f}").format(*interval)


SHARES = ("within depth", "within width", "top decile", "regret of 1, 5, 10 (% of range)")
"""The header of :func:`shares`."""


AGAINST = ("difference of tau-a", "95 %", "p (Holm)", "at matched size", "95 %", "p (Holm)")
"""The header of :func:`against`."""


def against(versus: ComparisonFigures) -> list[str | None]:
    """How much better something ranks than something else, over all pairs and at matched size."""
    close = versus.matched_size
    return [*difference(versus), *([None] * 3 if close is None else difference(close))]


def difference(found: DifferenceFigures) -> list[str | None]:
    """A difference, its interval and its p-value after Holm's correction."""
    shown = None if found.difference is None else f"{found.difference:+.3f}"
    return [shown, ends(found.interval, signed=True), figure(found.p_holm)]


def clear(found: DifferenceFigures | None) -> str:
    """Whether a difference is clear, in words: its interval leaves out 0, and p after Holm's correction is small.

    >>> from lpzero.fitness.figures import DifferenceFigures
    >>> clear(DifferenceFigures(difference=0.1, interval=[0.01, 0.3], p=0.02, p_holm=0.4))
    'not clear'
    """
    if found is None or found.interval is None:
        return "not known"
    low, high = found.interval
    if found.p_holm is None or found.p_holm > LEVEL or low <= 0 <= high:
        return "not clear"
    return "clearly better" if low > 0 else "clearly worse"
