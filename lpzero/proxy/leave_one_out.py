"""Each of several tables left out in turn: what a formula is worth on a table that nobody has labels of."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lpzero.proxy.discovery import EvolveResult, TableFigures
from lpzero.result import Direction, Result


class LeftOutTable(Result):
    """One table, and the formula that was found without it.

    Attributes:
        run: The folder of the run that found it.
        formula: Text of the formula.
        direction: Which of its scores are better.
        figures: The formula, the counts and the fitted controls on all of the table.
    """

    run: str
    formula: str
    direction: Direction
    figures: TableFigures


class LeaveOneOutSummary(Result):
    """A proxy or control over all tables.

    Attributes:
        what: ``"formula"``, or the name of a baseline or control.
        mean, worst: Its tau-a over all pairs; a table that it does not rank counts as 0.
        matched_mean, matched_worst: The same at matched size, over the tables that have such pairs; None without any.
    """

    what: str
    mean: float
    worst: float
    matched_mean: float | None
    matched_worst: float | None


class LeaveOneOutResult(Result):
    """Every table left out in turn.

    Attributes:
        seed: Seed of every random choice.
        tables: One a table, in the order given.
        summary: The formulas first, then what stood beside them, the best at matched size first.
    """

    schema_: Annotated[int, Field(alias="schema")]
    seed: int
    tables: list[LeftOutTable]
    summary: list[LeaveOneOutSummary]


def summarised(results: list[EvolveResult]) -> LeaveOneOutResult:
    """Bring together runs that each held one table out.

    Args:
        results: One a table, each with that table alone held out.
    """
    tables = [
        LeftOutTable(run=one.run, formula=one.best.formula, direction=one.best.direction, figures=one.held_out[0])
        for one in results
    ]
    names = {row.proxy for table in tables for row in table.figures.baselines}
    shared = [name for name in sorted(names) if all(_of(table.figures, name) is not None for table in tables)]
    rows = [_summary(name, tables) for name in shared]
    rows.sort(key=lambda row: -(row.mean if row.matched_mean is None else row.matched_mean))
    return LeaveOneOutResult(
        schema_=1, seed=results[0].seed, tables=tables, summary=[_summary("formula", tables), *rows]
    )


def _of(figures: TableFigures, name: str) -> tuple[float, float | None] | None:
    """Tau-a of something over all pairs and at matched size; None where it does not stand there."""
    tests = {"formula": figures.test, **{row.proxy: row.test for row in figures.baselines}}
    test = tests.get(name)
    if test is None:
        return None
    close = test.matched_size
    return test.tau_a or 0.0, None if close is None else close.tau_a


def _summary(name: str, tables: list[LeftOutTable]) -> LeaveOneOutSummary:
    found = [_of(table.figures, name) or (0.0, None) for table in tables]
    every, close = [tau for tau, _ in found], [tau for _, tau in found if tau is not None]
    return LeaveOneOutSummary(
        what=name,
        mean=round(sum(every) / len(every), 6),
        worst=min(every),
        matched_mean=round(sum(close) / len(close), 6) if close else None,
        matched_worst=min(close) if close else None,
    )
