"""Each of several tables left out in turn: what a formula is worth on a table that nobody has labels of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from lpzero.proxy.discovery import BaselineFigures, EvolveResult, SealedFigures, TableFigures
from lpzero.result import Direction, Result

MATRIX = "leave_one_out.json"
"""The result in the folder of the runs: what is found on all of the tables is worth what it says."""
ALL = "all"
"""The run on all of the tables, in the same folder."""


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


class FoundOnAll(Result):
    """What is found on all of the tables: the formula to use, which the matrix speaks for.

    Attributes:
        run: The folder of the run that found it.
        formula: Text of the formula.
        direction: Which of its scores are better.
    """

    run: str
    formula: str
    direction: Direction


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
        best: What is found on all of them.
        summary: The formulas first, then what stood beside them, the best at matched size first.
    """

    schema_: Annotated[int, Field(alias="schema")]
    seed: int
    tables: list[LeftOutTable]
    best: FoundOnAll
    summary: list[LeaveOneOutSummary]


def evidence(result: LeaveOneOutResult) -> list[dict[str, Any]]:
    """What the file of a proxy says of each table that was left out: tau-a and that of pairs of matched size.

    Args:
        result: Every table left out in turn.

    Returns:
        One a table: ``table``, ``protocol``, ``n``, ``formula`` (the text that was found without it), ``test`` (its
        figures), ``baseline`` (the strongest count or hand-made proxy of the table) and ``controls``, by name.
    """
    return [_evidence(table) for table in result.tables]


def _evidence(table: LeftOutTable) -> dict[str, Any]:
    ranking = [row for row in table.figures.baselines if row.test.tau_a is not None]
    strongest = max((row for row in ranking if row.labels is None), key=lambda row: row.test.tau_a or 0.0)
    return {
        "table": table.figures.table,
        "protocol": table.figures.protocol,
        "n": table.figures.test.n,
        "formula": table.formula,
        "test": brief(table.figures.test),
        "baseline": {"proxy": strongest.proxy, **brief(strongest.test)},
        "controls": controls(ranking),
    }


def controls(rows: Iterable[BaselineFigures]) -> dict[str, Any]:
    """The figures of what was fitted to labels, by name."""
    return {row.proxy: brief(row.test) for row in rows if row.labels is not None}


def brief(test: SealedFigures) -> dict[str, Any]:
    """What the file of a proxy says of a ranking beside its own."""
    close = test.matched_size
    return {"tau_a": test.tau_a, "matched_size": None if close is None else close.to_json()}


def summarised(results: list[EvolveResult], whole: EvolveResult) -> LeaveOneOutResult:
    """Bring together runs that each held one table out.

    Args:
        results: One a table, each with that table alone held out.
        whole: What is found on all of them.
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
        schema_=1,
        seed=results[0].seed,
        tables=tables,
        best=FoundOnAll(run=whole.run, formula=whole.best.formula, direction=whole.best.direction),
        summary=[_summary("formula", tables), *rows],
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
