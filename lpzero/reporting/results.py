"""The picture of a result that a command prints: for ``--plot`` and for pages."""

from __future__ import annotations

from lpzero.fitness.figures import RankingFigures
from lpzero.predictors.result import CurveResult, EvalResult, PredictorFigures
from lpzero.proxy.comparison import CompareResult
from lpzero.proxy.explanation import ExplainResult
from lpzero.proxy.rank import RankResult
from lpzero.reporting.pictures import Interval, lines
from lpzero.reporting.plots import Plot, of_intervals, two

Plotted = RankResult | CompareResult | ExplainResult | CurveResult | EvalResult
"""What there is a picture of."""


def plot_of(result: Plotted) -> Plot | None:
    """The picture of a result; None where it has no figures."""
    # a comparison is a ranking as well
    if isinstance(result, CompareResult):
        return plot_compare(result)
    if isinstance(result, RankResult):
        return plot_rank(result)
    if isinstance(result, ExplainResult):
        return plot_explain(result)
    return plot_curve(result) if isinstance(result, CurveResult) else plot_eval(result)


def plot_rank(result: RankResult) -> Plot | None:
    """How proxies and controls rank a table; None where nothing does."""
    named: list[tuple[str, RankingFigures, bool]] = [(row.proxy, row, True) for row in result.scores]
    named += [(f"control {row.control}", row, False) for row in result.controls]
    rows = [Interval(n, f.tau_a, two(f.interval), main) for n, f, main in named if f.tau_a is not None]
    caption = f"Tau-a on {result.n} architectures of {result.table}, with 95 % intervals; diamonds are the proxies."
    return of_intervals(rows, f"tau-a, {result.table}", caption) if rows else None


def plot_compare(result: CompareResult) -> Plot | None:
    """The differences of every pair of proxies, over all pairs of architectures and at matched size."""
    rows = []
    for pair in result.pairs:
        for found, where in ((pair.overall, ""), (pair.matched_size, ", matched")):
            if found.difference is not None:
                name = f"{pair.first} - {pair.second}{where}"
                rows.append(Interval(name, found.difference, two(found.interval), not where))
    caption = (
        f"Differences of tau-a on {result.n} architectures of {result.table}, with 95 % intervals: right of 0 the "
        "first of a pair is better. Diamonds are over all pairs of architectures, circles over those of matched size."
    )
    return of_intervals(rows, "difference of tau-a", caption, zero=True) if rows else None


def plot_explain(result: ExplainResult) -> Plot | None:
    """What is left of a ranking under each intervention; None where there is none."""
    first = result.original
    rows = [] if first.tau_a is None else [Interval("original", first.tau_a, two(first.interval), True)]
    rows += [Interval(one.name, one.tau_a, two(one.interval)) for one in result.interventions if one.tau_a is not None]
    caption = (
        f"Tau-a of {result.proxy} on {result.table} unchanged (diamond), and with a part of what it sees replaced, "
        "with 95 % intervals."
    )
    return of_intervals(rows, "tau-a", caption) if rows else None


def plot_eval(result: EvalResult) -> Plot | None:
    """How well a predictor and the trivial ones rank what they were not told."""
    rows = [
        Interval(row.predictor, row.tau_a.mean, two(row.tau_a.interval), place == 0)
        for place, row in enumerate(result.rows)
        if row.tau_a.mean is not None
    ]
    caption = (
        f"Tau-a of predictors of {result.labels} labels of {result.table}, mean of {result.splits} draws, and what the "
        "middle 90 % of draws lie in; the diamond is the predictor."
    )
    return of_intervals(rows, "tau-a", caption) if rows else None


def plot_curve(result: CurveResult) -> Plot | None:
    """What each number of labels buys, of a predictor and the trivial ones."""
    by_name: dict[str, list[PredictorFigures]] = {}
    for row in result.rows:
        by_name.setdefault(row.predictor, []).append(row)
    series: dict[str, list[tuple[float, float, tuple[float, float] | None]]] = {
        name: [(float(r.labels), r.tau_a.mean, two(r.tau_a.interval)) for r in rows if r.tau_a.mean is not None]
        for name, rows in by_name.items()
    }
    series = {name: points for name, points in series.items() if points}
    if not series:
        return None
    first = next(iter(series))
    ends = [(name, points[0][1], points[-1][1]) for name, points in series.items()]
    alt = "; ".join(f"{name} from {low:.3f} to {high:.3f}" for name, low, high in ends)
    caption = (
        f"Tau-a by the number of labels, {result.table}, mean of {result.splits} draws; the band is what the middle "
        f"90 % of draws of {first} lie in."
    )
    drawn = {name: [[x, y] for x, y, _ in one] for name, one in series.items()}
    return Plot(lines(series, "labels", "tau-a"), caption, f"Curves: {alt}.", drawn)
