"""Discover proxies with each of several tables left out in turn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lpzero.api.evolve import evolve
from lpzero.engines import Workers
from lpzero.errors import InputError
from lpzero.files import write_json
from lpzero.progress import Watch, unwatched
from lpzero.proxy.discovery import EvolveResult
from lpzero.proxy.leave_one_out import ALL, MATRIX, LeaveOneOutResult, summarised
from lpzero.settings import first_repeated
from lpzero.tables import named_table

FEWEST = 3
"""Tables: one is left out, and several are left."""


def leave_one_out(
    tables: Sequence[str | Path],
    *,
    output: str | Path,
    hold_out: Sequence[str | Path] | None = None,
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
    **settings: Any,
) -> LeaveOneOutResult:
    """Leave each table out in turn: ``lpzero evolve --leave-one-out``.

    A formula is found on the other tables and judged on all of the one that is left out, beside every count and the
    controls that are fitted to the same labels. At last one is found on all of them, which is the one to use: the
    others say what it is worth on a table that nobody has labels of.

    Args:
        tables: Three or more, each a name or a folder, perhaps a colon and a protocol.
        output: Folder of the runs, one below it for each table, ``all`` for all of them, and the result in
            ``leave_one_out.json``; what is finished there is taken as it is, and what was stopped goes on, with the
            settings that it began with.
        hold_out: Tables that no run sees; what is found on all of the others is judged on them as well.
        workers: Where the work runs; the result does not depend on it.
        watch: Told how it goes.
        settings: The other arguments of :func:`lpzero.evolve`.

    Raises:
        InputError: Fewer than three tables, one of them twice, or as :func:`lpzero.evolve`.
        MissingError: A table is not here.
        NoResultError: No valid formula was found.
    """
    if len(tables) < FEWEST:
        raise InputError(
            f"expected {FEWEST} tables or more to leave one out of, found {len(tables)}: name more `table`"
        )
    names = [Path(named_table(str(table))[0]).resolve().name for table in tables]
    if len(set(names)) < len(names) and len(set(map(str, tables))) == len(tables):
        raise InputError(
            f"expected tables with names of their own, which their runs are kept under, found {first_repeated(names)} "
            "twice: rename the folder of one `table`"
        )
    if ALL in names:
        raise InputError(f"`table`: the folder {ALL} is that of the run on all tables: give the table another name")

    def found(name: str, among: Sequence[str | Path], held: Sequence[str | Path]) -> EvolveResult:
        run = Path(output) / name
        if run.exists():
            return evolve(resume=run, workers=workers, watch=watch)
        # what a fold is worth on the tables that it saw is not asked: most of the exact passes would be for that
        asked = {**settings, "judge": "all" if name == ALL else "held_out"}
        return evolve(among, hold_out=held, output=run, workers=workers, watch=watch, **asked)

    folds = [found(names[i], [*tables[:i], *tables[i + 1 :]], [table]) for i, table in enumerate(tables)]
    result = summarised(folds, found(ALL, tables, hold_out or ()))
    write_json(Path(output) / MATRIX, result.to_json())
    return result
