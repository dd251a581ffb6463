"""The article of a run that discovers a formula: an evolution or an enumeration."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from lpzero.proxy.discovery import EnumerateResult, EvolveResult, FrontFormula, TableFigures
from lpzero.reporting.articles.measured import kept_sections
from lpzero.reporting.articles.rankings import beside
from lpzero.reporting.articles.scores import against_truth, read_scores
from lpzero.reporting.articles.shared import counted, repeated
from lpzero.reporting.blocks import Article, Block, Facts, Formula, Grid, Picture, Section, Text
from lpzero.reporting.cells import ends, figure, figures
from lpzero.reporting.mathml import to_mathml
from lpzero.reporting.pictures import curves, height_of, lines, matrix
from lpzero.reporting.standing import curve_of, read_events
from lpzero.reporting.svg import WIDTH, to_svg

Found = EvolveResult | EnumerateResult


def article(folder: Path, command: str, config: BaseModel, result: Found, name: str) -> Article:
    """What is said of a finished run.

    Args:
        folder: The run folder.
        command: ``"evolve"`` or ``"enumerate"``.
        config: Its settings.
        result: Its result.
        name: What makes ids its own on the page.

    Raises:
        InputError: A file of the folder is damaged.
    """
    best, curve = result.best, curve_of(read_events(folder))
    sections = [
        Section("What was found", _found(result, command)),
        Section("The sealed test", beside(best.test, result.baselines, f"{name}-test", subject="formula")),
        *_evolved(result, curve, name),
        Section("Size against correlation", _front(result.front, f"{name}-front")),
        *_truth(folder, result, name),
        *_elsewhere(result, name),
        Section("Rules and statuses", _statuses(result)),
        *kept_sections(folder, result.table, name),
        repeated(folder, command, config),
    ]
    close = best.test.matched_size
    brief = {
        "formula": best.formula,
        "table": f"{result.table}, protocol {result.protocol}",
        "seed": str(result.seed),
        "sealed tau-a": figure(best.test.tau_a),
        "95 %": ends(best.test.interval),
        "at matched size": None if close is None else figure(close.tau_a),
        "nodes": str(best.size),
        "evaluated": f"{result.evaluated:,}",
        "seconds": f"{result.seconds:.0f}",
    }
    test = best.test
    judged = None if test.tau_a is None or not test.interval else (test.tau_a, test.interval[0], test.interval[1])
    return Article(folder.name, command, "finished", brief, sections, curve, judged)


def _found(result: Found, command: str) -> list[Block]:
    best = result.best
    stopped = getattr(result, "stopped_by", None)
    facts: dict[str, Any] = {
        "direction": f"{best.direction} is better",
        "size": f"{best.size} nodes",
        "found by": f"lpzero {command}, seed {result.seed}",
        "table": f"{result.table}, protocol {result.protocol}, space {result.space}",
        "searched on": f"{best.search.n} architectures, chosen on {best.validation.n} more",
        "sealed test": f"{best.test.n} architectures",
        "time": f"{result.seconds:.0f} s",
        "stopped by": stopped,
    }
    parts = [("search", best.search), ("validation", best.validation)]
    rows = [[f"{name} ({part.n})", *figures(part)[:4], figure(best.sketch.get(name))] for name, part in parts]
    header = ["chosen on", "tau-a", "tau-b", "rho", "distinct", "sketch tau-a"]
    formula = Formula(best.formula, to_mathml(best.formula))
    return [formula, Facts(facts), Grid("What it was chosen on: no test of it", header, rows)]


def _evolved(result: Found, curve: tuple[list[float], list[float]] | None, name: str) -> list[Section]:
    if curve is None or not isinstance(result, EvolveResult):
        return []
    x, y = curve
    picture = Picture(
        "The best tau-a on the search split, by evaluated formulas.",
        f"A curve of {len(x)} generations that rises from {y[0]:.3f} after {x[0]:,.0f} formulas to {y[-1]:.3f} after "
        f"{x[-1]:,.0f}.",
        to_svg(curves({"best": curve}, "formulas evaluated", "best tau-a (search)"), f"{name}-curve"),
        {"evaluated": x, "best": y},
    )
    facts = {
        "evaluated": f"{result.evaluated:,}",
        "with the ranks of another": None if result.duplicates is None else f"{result.duplicates:,}",
        "generations": result.generations,
        "islands": result.islands,
        "restarts": result.restarts,
        "began with": None if result.start is None else _began(result.start.enumerated, len(result.start.formulas)),
    }
    return [Section("How it evolved", [picture, Facts(facts)])]


def _began(enumerated: int, formulas: int) -> str:
    if enumerated:
        return f"{formulas:,} formulas out of {enumerated:,} enumerated"
    return f"{formulas:,} given formulas" if formulas else "random formulas"


def _front(front: Sequence[FrontFormula], name: str) -> list[Block]:
    names = {"both": "search and validation", "search": "search", "validation": "validation"}
    series: dict[str, list[tuple[float, float, None]]] = {}
    for attribute, label in names.items():
        found = [(one.size, getattr(one, attribute)) for one in front]
        series[label] = [(float(size), tau, None) for size, tau in found if tau is not None]
    series = {label: points for label, points in series.items() if points}
    blocks: list[Block] = [Text("What no other formula beats in both size and tau-a; figures of sketches.")]
    if series:
        top = front[-1]
        blocks.append(
            Picture(
                "Size against tau-a, on each part that the search saw.",
                f"{len(front)} formulas from {front[0].size} to {top.size} nodes; tau-a on search and validation grows "
                f"from {figure(front[0].both)} to {figure(top.both)}.",
                to_svg(lines(series, "nodes", "tau-a"), name),
                {"size": [one.size for one in front], "both": [one.both for one in front]},
            )
        )
    rows = [
        [str(one.size), figure(one.both), figure(one.search), figure(one.validation), one.direction, one.formula]
        for one in front
    ]
    header = ["nodes", "search and validation", "search", "validation", "better", "formula"]
    return [*blocks, Grid("The front", header, rows, worked=True)]


def _truth(folder: Path, result: Found, name: str) -> list[Section]:
    scores = read_scores(folder)
    tested = scores.where(scores.part == "test")
    higher = result.best.direction == "higher"
    size = "parameters outside the embeddings"
    blocks = against_truth(tested, name, higher=higher, size_label=size, score_label="score")
    return [Section("Score against truth", blocks)] if blocks else []


def _elsewhere(result: Found, name: str) -> list[Section]:
    """What it is worth on other tables."""
    if not isinstance(result, EvolveResult) or not (result.beside or result.held_out):
        return []
    every = [("sealed test", one) for one in result.beside] + [("held out", one) for one in result.held_out]
    blocks: list[Block] = [_matrix([one for _, one in every], f"{name}-tables")]
    for place, (part, one) in enumerate(every):
        blocks.append(Text(f"{one.table}, protocol {one.protocol}: {part}, {one.test.n} architectures."))
        blocks += beside(one.test, one.baselines, f"{name}-table{place}", subject="formula")
    return [Section("On other tables", blocks)]


def _matrix(tables: Sequence[TableFigures], name: str) -> Picture:
    shared = [row.proxy for row in tables[0].baselines]
    shared = [one for one in shared if all(any(r.proxy == one for r in table.baselines) for table in tables)]
    values = [[table.test.tau_a for table in tables]]
    values += [[next(r.test.tau_a for r in table.baselines if r.proxy == one) for table in tables] for one in shared]
    names, columns = ["formula", *shared], [table.table for table in tables]
    size = (max(WIDTH, 1.6 + 1.1 * len(columns)), 0.5 + height_of(len(names)))
    found = ", ".join(f"{table.table} {figure(table.test.tau_a)}" for table in tables)
    return Picture(
        "Tau-a on each table, a row each; bars are as long as the number.",
        f"A matrix of {len(names)} rows and {len(columns)} tables; the formula has {found}.",
        to_svg(matrix(names, columns, values), name, size),
        {"rows": names, "columns": columns, "tau_a": values},
    )


def _statuses(result: Found) -> list[Block]:
    blocks: list[Block] = []
    if result.pruned:
        blocks.append(counted("Formulas that each rule refused", "rule", result.pruned))
    if isinstance(result, EnumerateResult):
        blocks.append(
            Facts(
                {
                    "branches": f"{result.branches:,}",
                    "formulas ranked": f"{result.formulas:,} ({result.per_second:,} a second)",
                    "different rankings": f"{result.distinct_formulas:,}",
                    "not finite": f"{result.nonfinite:,}",
                    "constant": f"{result.constant:,}",
                }
            )
        )
        if result.top.lost:
            caption = f"What the rules would have lost of the {result.top.rankings:,} best rankings"
            blocks.append(counted(caption, "rule", result.top.lost))
    if result.left_out:
        rows = [[one.id, one.part, one.status, one.reason] for one in result.left_out]
        header = ["architecture", "part", "status", "reason"]
        blocks.append(Grid("Architectures that could not be read", header, rows, worked=True))
    else:
        blocks.append(Text("Every architecture could be read."))
    return blocks
