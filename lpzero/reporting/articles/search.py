"""The article of a search of architectures, by proxies or by a schedule of predictors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lpzero.nas.config import PoolConfig
from lpzero.nas.result import Pick, ProofResult, SearchResult
from lpzero.nas.schedule.result import ScheduleResult
from lpzero.reporting.articles.pictured import pictured
from lpzero.reporting.articles.scores import Scores, against_cost, against_truth, read_scores
from lpzero.reporting.articles.shared import amount, counted, plain, repeated
from lpzero.reporting.blocks import Article, Block, Facts, Grid, Picture, Section, Text
from lpzero.reporting.pictures import Interval, curves, lines
from lpzero.reporting.plots import of_intervals
from lpzero.reporting.repeat import forgotten
from lpzero.reporting.svg import to_svg

KEY = 16
"""Letters of a key that name the folder of an architecture."""


def article(folder: Path, command: str, config: PoolConfig, result: SearchResult, name: str) -> Article:
    """What is said of a finished search.

    Args:
        folder: Its folder.
        command: ``"search"``.
        config: Its settings.
        result: Its result.
        name: What makes ids its own on the page.

    Raises:
        InputError: A file of the folder is damaged.
    """
    scores, higher = read_scores(folder), _higher(result)
    curve = _curve(scores, higher=higher)
    sections = [Section("What was found", _found(result))]
    sections += [Section("The picks", [_picks(result)])]
    if result.proof is not None:
        sections.append(Section("Proof by training", _proof(result.proof, f"{name}-proof")))
    if isinstance(result, ScheduleResult):
        sections.append(Section("Phases and predictors", _phases(result)))
    if curve is not None:
        sections.append(Section("How the best grew", [_grown(curve, f"{name}-curve")]))
    sections.append(Section(f"Score against {result.against}", _front(result, scores, name)))
    truth = against_truth(scores, name, higher=higher, size_label=result.against, score_label=_scorer(result))
    if truth:
        sections.append(Section("Score against truth", truth))
    sections.append(Section("Statuses", _statuses(result)))
    sections.append(_repeat(folder, command, config))
    best = result.best[0]
    worth = None if not result.truth else result.truth.get("found")
    brief = {
        "proxy": _scorer(result),
        "space": f"{result.space}, protocol {result.protocol}",
        "seed": str(result.seed),
        "best score": plain(best.score),
        "regret": None if worth is None else f"{worth.regret:.3f}",
        "scored": f"{result.scored:,}",
        "seconds": f"{result.seconds:.0f}",
    }
    return Article(folder.name, command, "finished", brief, sections, None)


def _higher(result: SearchResult) -> bool:
    """Whether higher scores are better; mean ranks are."""
    return len(result.proxies) > 1 or result.proxies[0].direction != "lower"


def _scorer(result: SearchResult) -> str:
    return result.proxies[0].proxy if len(result.proxies) == 1 else "mean rank"


def _found(result: SearchResult) -> list[Block]:
    best = result.best[0]
    worth = None if not result.truth else result.truth.get("found")
    blocks: list[Block] = []
    if worth is not None and result.truth is not None:
        beside = result.truth.get("random")
        said = (
            f"What was found lacks {worth.regret:.4g} of the best that fits in {result.table}, and is better than "
            f"{worth.percentile:.0f} % of it."
        )
        if beside is not None:
            said += f" The best of a random search with as many scores lacks {beside.regret:.4g}."
        blocks.append(Text(f"{said} This is one search: whether it is clear takes several seeds."))
    else:
        blocks.append(Text("No table says what the picks are worth: a score is no quality."))
    limits = ", ".join(f"{cost} {amount(limit)}" for cost, limit in result.limits.items())
    facts = {
        "architecture": best.key[:KEY],
        "configuration": best.config,
        "scored by": ", ".join(f"{one.proxy} ({one.direction} is better)" for one in result.proxies),
        "space": f"{result.space}, protocol {result.protocol}",
        "picked from": result.table or "the whole space",
        "algorithm": result.algorithm,
        "scored": f"{result.scored:,} architectures, {result.failed:,} of them without a score",
        "limits": limits or "none",
        "time": f"{result.seconds:.0f} s",
        "seed": result.seed,
    }
    return [*blocks, Facts(facts)]


def _picks(result: SearchResult) -> Grid:
    costs = list(result.best[0].costs)
    names = [one.proxy for one in result.proxies]
    header = ["pick", "architecture", *names, *costs, *(["quality", "regret", "percentile"] if result.truth else [])]
    rows: list[list[str | None]] = []
    for name, pick in [("found", result.best[0]), *result.controls.items()]:
        if pick is not None:
            rows.append([name, *_cells(pick, costs, len(names)), *_worth(result, name)])
    for place, pick in enumerate(result.best[1:], start=2):
        rows.append([f"number {place}", *_cells(pick, costs, len(names)), *([None] * 3 if result.truth else [])])
    return Grid("What was found, the controls, and the next best", header, rows, worked=True, marked=frozenset({0}))


def _cells(pick: Pick, costs: Sequence[str], proxies: int) -> list[str | None]:
    scores = [plain(score) for score in pick.scores] or [None] * proxies
    return [pick.key[:KEY], *scores, *(amount(value) for name, value in pick.costs.items() if name in costs)]


def _worth(result: SearchResult, name: str) -> list[str | None]:
    if not result.truth:
        return []
    worth = result.truth.get(name)
    return [None] * 3 if worth is None else [plain(worth.quality), f"{worth.regret:.4g}", f"{worth.percentile:.1f}"]


def _proof(proof: ProofResult, name: str) -> list[Block]:
    rows: list[list[str]] = []
    shown: list[Interval] = []
    for group, mean in proof.means.items():
        less = proof.difference.get(group)
        ends = None if less is None or less.interval is None else (less.interval[0], less.interval[1])
        clear = "not known" if ends is None else "clear" if ends[0] > 0 or ends[1] < 0 else "not clear"
        title = f"{group} ({proof.count})" if group == "count" else group
        cells = [title, str(len(proof.losses.get(group, []))), f"{mean:.4f}"]
        cells += ["-", "-", "-"] if less is None else [f"{less.mean:+.4f}", _range(ends), clear]
        rows.append(cells)
        if less is not None:
            shown.append(Interval(f"less {title}", less.mean, ends))
    blocks: list[Block] = [
        Text(f"Trained by the recipe of {proof.table}, one seed each: validation loss, lower is better."),
    ]
    if shown:
        caption = "Found less each control, with 95 % intervals: left of 0 is better."
        blocks += pictured(of_intervals(shown, "loss of what was found less this", caption, zero=True), name)
    header = ["group", "trained", "mean loss", "found less this", "95 %", "clear?"]
    return [*blocks, Grid("Losses of each group", header, rows)]


def _range(ends: tuple[float, float] | None) -> str:
    return "-" if ends is None else f"{ends[0]:+.4f} to {ends[1]:+.4f}"


def _phases(result: ScheduleResult) -> list[Block]:
    phases = [
        [
            f"{one.begins} to {one.ends}",
            one.predictor,
            one.direction,
            f"{one.scored:,}",
            plain(one.score),
            one.best[:KEY],
        ]
        for one in result.phases
    ]
    asked = [
        [
            one.predictor,
            one.kind,
            f"{one.calls:,}",
            f"{one.without_cache:,}",
            f"{one.control_calls:,}",
            f"{one.failed:,}",
            f"{one.extrapolated:,}",
            f"{one.seconds:.1f}",
        ]
        for one in result.predictors
    ]
    header = ["predictor", "kind", "calls", "without a cache", "for the random search", "failed", "extrapolated", "s"]
    return [
        Text("The scores of two phases are no scale: what is found is the best of the last one."),
        Grid("Phases", ["iterations", "predictor", "better", "scored", "best of the phase", "architecture"], phases),
        Grid("What each predictor was asked", header, asked),
    ]


def _curve(scores: Scores, *, higher: bool) -> tuple[list[float], list[float]] | None:
    """How many were scored when the best became better, and the best then."""
    places = np.flatnonzero(np.isfinite(scores.score))
    if not len(places):
        return None
    known = scores.score[places]
    best = np.maximum.accumulate(known) if higher else np.minimum.accumulate(known)
    better = np.flatnonzero(np.diff(best, prepend=np.nan) != 0)
    x, y = (places[better] + 1).astype(float), best[better]
    return [*x.tolist(), float(len(scores))], [*y.tolist(), float(best[-1])]


def _grown(curve: tuple[list[float], list[float]], name: str) -> Picture:
    x, y = curve
    return Picture(
        "The best score so far, by scored architectures.",
        f"A curve from {y[0]:.6g} to {y[-1]:.6g}; the best is the one scored as number {x[-2]:,.0f} of {x[-1]:,.0f}.",
        to_svg(curves({"best": curve}, "architectures scored", "best score"), name),
        {"scored": x, "best": y},
    )


def _front(result: SearchResult, scores: Scores, name: str) -> list[Block]:
    cost = result.against
    blocks: list[Block] = [Text(f"What nothing beats in both score and {cost}.")]
    spent = [{str(name): float(value) for name, value in one.costs.items()} for one in result.front]
    scored = [one.score for one in result.front]
    points = [(of.get(cost, 0.0), score, None) for of, score in zip(spent, scored, strict=True) if score is not None]
    if len(points) > 1:
        said = f"{len(points)} architectures, {cost} from {amount(points[-1][0])} to {amount(points[0][0])}."
        drawing = lines({"front": sorted(points)}, cost, _scorer(result))
        picture = to_svg(drawing, f"{name}-front")
        numbers = {cost: [x for x, _, _ in points], "score": [y for _, y, _ in points]}
        blocks.append(Picture(f"The front: score against {cost}.", said, picture, numbers))
    costs = list(result.best[0].costs)
    rows = [[*_cells(one, costs, len(result.proxies)), one.config] for one in result.front]
    header = ["architecture", *(one.proxy for one in result.proxies), *costs, "configuration"]
    blocks.append(Grid("The front", header, rows, worked=True))
    if result.truth:
        return blocks
    return [*blocks, *against_cost(scores, name, higher=_higher(result), size_label=cost, score_label=_scorer(result))]


def _statuses(result: SearchResult) -> list[Block]:
    if not result.statuses:
        return [Text("The search does not say which statuses its scores had.")]
    return [counted("Architectures by the status of their score", "status", result.statuses)]


def _repeat(folder: Path, command: str, config: PoolConfig) -> Section:
    unsaid = forgotten(config)
    return repeated(folder, command, config, *([] if unsaid is None else [Text(unsaid, warning=True)]))
