"""What ``evolve`` and ``enumerate`` share: which table is searched on, and how a result is printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli import completion
from lpzero.cli.output import AGAINST, MATCHED, SHARES, against, figures, matched, print_grid, shares
from lpzero.evolution.defaults import LARGEST_PART, LARGEST_TEST

if TYPE_CHECKING:
    from lpzero.proxy.discovery import BaselineFigures, EnumerateResult, EvolveResult, TableFigures
    from lpzero.proxy.leave_one_out import LeaveOneOutResult

Command = Callable[..., Any]


def table_options(command: Command) -> Command:
    """Add the options that say which architectures are searched on."""
    for option in (
        click.option(
            "--table",
            shell_complete=completion.tables,
            help="Table of measured qualities: a name or a folder.  [default: the space's first]",
        ),
        click.option("--protocol", help="Which model an architecture stands for.  [default: the table's first]"),
        click.option(
            "--space",
            shell_complete=completion.spaces,
            help="Search space: a name of lpzero spaces list.  [default: the table's]",
        ),
    ):
        command = option(command)
    return command


def split_options(command: Command) -> Command:
    """Add the options that say how many records are for what, and which pairs of them count."""
    for option in (
        click.option(
            "--pairs",
            type=click.Choice(["all", "matched", "width"]),
            default="all",
            show_default=True,
            help="Rank by all pairs of architectures, by those of matched size (parameters outside the embeddings "
            "within 25 %), or by those of equal width.",
        ),
        click.option("--validation-size", type=int, help="Records for the choice.  [default: the same]"),
        click.option(
            "--test-size",
            type=int,
            help=f"Records of the sealed test, and of a table that is held out, at most; more are drawn from by the "
            f"seed.  [default: {LARGEST_TEST}]",
        ),
        click.option(
            "--search-size",
            type=int,
            help=f"Records for fitness.  [default: a quarter of the table, at most {LARGEST_PART}]",
        ),
    ):
        command = option(command)
    return command


def print_tables(result: EvolveResult) -> None:
    """Print the chosen formula on the other tables of its run, beside the strongest count and the regressions."""
    rows = []
    for part, tables in (("sealed test", result.beside), ("held out", result.held_out)):
        for table in tables:
            free = [row for row in table.baselines if row.labels is None and row.test.tau_a is not None]
            strongest = max(free, key=lambda row: row.test.tau_a or -1.0)
            controls = [row for row in table.baselines if row.labels is not None]
            name = f"{table.table}, {table.protocol}: {part}"
            best = "best formula" if table.test.status is None else f"best formula: {table.test.status}"
            rows.append([name, best, *figures(table.test), *matched(table.test)])
            rows += [["", _named(row), *figures(row.test), *matched(row.test)] for row in (strongest, *controls)]
    if rows:
        click.echo()
        print_grid(["table", "what", "tau-a", "tau-b", "rho", "distinct", "95 % of tau-a", *MATCHED], rows)


def print_left_out(result: LeaveOneOutResult) -> None:
    """Print what was found without each table, and formulas, counts and controls over all of them."""
    for table in result.tables:
        click.echo(f"without {table.figures.table} ({table.direction} is better):\n  {table.formula}\n")
    click.echo(f"on all of them, {result.best.run} ({result.best.direction} is better):\n  {result.best.formula}\n")
    beside = [row.what for row in result.summary]
    cells = {(table.figures.table, name): _cell(table.figures, name) for table in result.tables for name in beside}
    names = [table.figures.table for table in result.tables]
    rows = []
    for row in result.summary:
        over = _pair(row.mean, row.matched_mean), _pair(row.worst, row.matched_worst)
        rows.append([row.what, *(cells[name, row.what] for name in names), *over])
    print_grid(["tau-a (at matched size)", *names, "mean", "worst"], rows)


def _cell(table: TableFigures, name: str) -> str:
    tests = {"formula": table.test, **{row.proxy: row.test for row in table.baselines}}
    close = tests[name].matched_size
    return _pair(tests[name].tau_a, None if close is None else close.tau_a)


def _pair(tau: float | None, close: float | None) -> str:
    return "-" if tau is None else f"{tau:.3f}" + ("" if close is None else f" ({close:.3f})")


def print_best(result: EvolveResult | EnumerateResult) -> None:
    """Print the chosen formula, its sealed test beside the baselines, and what it was chosen on."""
    best = result.best
    click.echo(f"best formula ({best.direction} is better, {best.size} nodes):\n  {best.formula}\n")
    ranked = [("best formula", best.test), *((_named(row), row.test) for row in result.baselines)]
    print_grid(
        ["sealed test", "tau-a", "tau-b", "rho", "distinct", "95 % of tau-a", *MATCHED],
        [[name, *figures(found), *matched(found)] for name, found in ranked],
    )
    click.echo()
    print_grid(["tau-a", *SHARES], [[name, *shares(found)] for name, found in ranked])
    compared = [[_named(row), *against(row.versus)] for row in result.baselines if row.versus.interval]
    if compared:
        click.echo()
        print_grid(["best formula less", *AGAINST], compared)
    parts = [("search", best.search), ("validation", best.validation)]
    click.echo()
    print_grid(
        ["chosen on", "tau-a", "tau-b", "rho", "distinct", "sketch tau-a"],
        [[f"{name} ({part.n})", *figures(part)[:4], best.sketch.get(name)] for name, part in parts],
    )


def _named(row: BaselineFigures) -> str:
    """What stands beside the formula: a baseline needs no label, a control those that the formula was chosen on."""
    if row.labels is None:
        return f"baseline {row.proxy}"
    return f"control {row.proxy} ({row.labels} labels{f': {row.what}' if row.what else ''})"
