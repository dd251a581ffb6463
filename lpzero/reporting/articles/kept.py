"""Results that a command printed and somebody kept, in the folder of a run or as a file of their own."""

from __future__ import annotations

from typing import Any

from lpzero.predictors.result import CurveResult, EvalResult, PredictorFigures, SpreadOver
from lpzero.proxy.comparison import CompareResult
from lpzero.proxy.explanation import ExplainResult
from lpzero.proxy.leave_one_out import LeaveOneOutResult
from lpzero.proxy.rank import RankResult
from lpzero.proxy.transfer import TransferResult
from lpzero.reporting.articles.pictured import pictured
from lpzero.reporting.blocks import Block, Facts, Formula, Grid, Picture, Text
from lpzero.reporting.cells import AGAINST, MATCHED, against, clear, difference, ends, figure, figures, matched
from lpzero.reporting.mathml import to_mathml
from lpzero.reporting.pictures import height_of, matrix
from lpzero.reporting.results import plot_compare, plot_curve, plot_eval, plot_explain, plot_rank
from lpzero.reporting.svg import WIDTH, to_svg
from lpzero.result import Result


def explained(result: ExplainResult, name: str) -> list[Block]:
    """What is left of a ranking when a part of its input is replaced."""
    cells = [
        [
            one.name,
            one.status,
            figure(one.tau_a),
            ends(one.interval),
            figure(one.agreement),
            None if one.left is None else f"{100 * one.left:.1f} %",
        ]
        for one in result.interventions
    ]
    header = ["replaced", "status", "tau-a", "95 %", "agreement", "left of its ranking"]
    where = f"{result.table}, protocol {result.protocol}, {result.n} architectures"
    seen = "yes: no test of it" if result.in_sample else None
    return [
        Text(f"Verdict: {result.verdict}"),
        *(Text(reason) for reason in result.reasons),
        *pictured(plot_explain(result), name),
        Grid("What is left under each intervention", header, cells, worked=True),
        Facts({"proxy": result.proxy, "table": where, "in-sample": seen}),
    ]


def transferred(result: TransferResult, name: str) -> list[Block]:
    """The same proxies on several tables."""
    tables = [cell.table for cell in result.proxies[0].cells] if result.proxies else []
    values = [[cell.tau_a for cell in row.cells] for row in result.proxies]
    names = [row.proxy for row in result.proxies]
    rows = [
        [
            row.proxy,
            row.direction,
            cell.table,
            None if cell.n is None else str(cell.n),
            cell.status,
            figure(cell.tau_a),
            ends(cell.interval),
            None if cell.matched_size is None else figure(cell.matched_size.tau_a),
            "yes: no test of it" if cell.found_here else "no",
        ]
        for row in result.proxies
        for cell in row.cells
    ]
    header = ["proxy", "better", "table", "n", "status", "tau-a", "95 %", "at matched size", "found there"]
    blocks: list[Block] = [_matrix(names, tables, values, name)] if tables else []
    return [*blocks, Grid("Each proxy on each table", header, rows, worked=True)]


def _matrix(names: list[str], tables: list[str], values: list[list[float | None]], name: str) -> Picture:
    size = (max(WIDTH, 1.6 + 0.9 * len(tables)), 0.5 + height_of(len(names)))
    return Picture(
        "Tau-a of each row on each table (column); bars are as long as the number.",
        f"A matrix of {len(names)} rows and {len(tables)} tables; the table below has its numbers.",
        to_svg(matrix(names, tables, values), name, size),
        {"rows": names, "columns": tables, "tau_a": values},
    )


def left_out_in_turn(result: LeaveOneOutResult, name: str) -> list[Block]:
    """What was found without each table, on that table, beside counts and controls."""
    tables = [one.figures.table for one in result.tables]
    names = [row.what for row in result.summary]
    tests: list[dict[str, Any]] = [
        {"formula": one.figures.test, **{row.proxy: row.test for row in one.figures.baselines}} for one in result.tables
    ]
    values = [[None if what not in test else test[what].tau_a for test in tests] for what in names]
    rows = [
        [row.what, figure(row.mean), figure(row.worst), figure(row.matched_mean), figure(row.matched_worst)]
        for row in result.summary
    ]
    header = ["what", "mean", "worst", "mean at matched size", "worst at matched size"]
    found = [[one.figures.table, one.direction, one.formula] for one in result.tables]
    best = result.best
    return [
        Formula(best.formula, to_mathml(best.formula)),
        Facts({"direction": f"{best.direction} is better", "found on": "all of the tables", "seed": result.seed}),
        _matrix(names, tables, values, name),
        Grid("Over all tables, each left out in turn", header, rows, worked=True, marked=frozenset({0})),
        Grid("What was found without each table", ["without", "better", "formula"], found),
    ]


def ranked(result: RankResult, name: str) -> list[Block]:
    """How proxies rank a table, beside controls."""
    rows = [[row.proxy, row.direction, row.status, *figures(row), *matched(row)] for row in result.scores]
    rows += [[f"control {row.control}", None, None, *figures(row), *matched(row)] for row in result.controls]
    header = ["", "better", "status", "tau-a", "tau-b", "rho", "distinct", "95 % of tau-a", *MATCHED]
    less = [
        [f"{row.proxy} less {one.control}", *against(one.versus), clear(one.versus)]
        for row in result.scores
        for one in row.against
    ]
    where = f"{result.n} of {result.total} architectures of {result.table}, protocol {result.protocol}"
    blocks: list[Block] = [
        Text(f"{where}; seed {result.seed}."),
        *pictured(plot_rank(result), name),
        Grid("How each ranks", header, rows, worked=True),
    ]
    return [*blocks, Grid("Less each control", ["", *AGAINST, "clear?"], less, worked=True)] if less else blocks


def compared(result: CompareResult, name: str) -> list[Block]:
    """Every pair of proxies."""
    rows = [
        [
            f"{pair.first} less {pair.second}",
            *difference(pair.overall),
            clear(pair.overall),
            *difference(pair.matched_size),
            clear(pair.matched_size),
        ]
        for pair in result.pairs
    ]
    header = ["pair", *AGAINST[:3], "clear?", *AGAINST[3:], "clear there?"]
    pairs = Grid("Differences", header, rows, worked=True)
    return [*pictured(plot_compare(result), f"{name}-pairs"), pairs, *ranked(result, name)]


def predicted(result: CurveResult | EvalResult, name: str) -> list[Block]:
    """How well predictors say what they were not told."""
    plot = plot_curve(result) if isinstance(result, CurveResult) else plot_eval(result)
    header = [
        "predictor",
        "labels",
        "tau-a",
        "90 % of draws",
        "at matched size",
        "rho",
        "mean error",
        "inside intervals",
    ]
    facts = {
        "table": f"{result.table}, protocol {result.protocol}, {result.n} architectures",
        "quality": f"{result.quality}, {result.unit}, {result.direction} is better",
        "told": ", ".join(result.features),
        "draws of labels": result.splits,
        "noise of one training": result.noise,
        "level of intervals": result.level,
        "seed": result.seed,
    }
    grid = Grid("Means over the draws", header, [_predicted(row) for row in result.rows], worked=True)
    return [*pictured(plot, name), grid, Facts(facts)]


def _predicted(row: PredictorFigures) -> list[str | None]:
    return [
        row.predictor,
        str(row.labels),
        _mean(row.tau_a),
        ends(row.tau_a.interval),
        _mean(row.matched),
        _mean(row.rho),
        None if row.mae.mean is None else f"{row.mae.mean:.4g}",
        _mean(row.coverage),
    ]


def _mean(over: SpreadOver) -> str | None:
    return figure(over.mean)


DOCUMENTS: tuple[tuple[type[Result], str, Any], ...] = (
    (CurveResult, "predictor curve", predicted),
    (EvalResult, "predictor eval", predicted),
    (CompareResult, "compare", compared),
    (RankResult, "rank", ranked),
    (ExplainResult, "explain", explained),
    (TransferResult, "transfer", transferred),
    (LeaveOneOutResult, "evolve --leave-one-out", left_out_in_turn),
)
"""What may stand in a file, the command that prints it, and what is said of it; what has more stands first."""
