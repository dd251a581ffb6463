"""Runs in one line each: what is known of every folder below one, whole, at work, stopped or damaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

from pydantic import Field

from lpzero.acquisition.folder import SUGGESTED
from lpzero.acquisition.result import SuggestResult
from lpzero.errors import InputError, LpzeroError
from lpzero.formula.grammar import UNITS_GRAMMAR
from lpzero.nas.folder import SCORED
from lpzero.nas.result import SearchResult
from lpzero.proxy.discovery import EnumerateResult, EvolveResult
from lpzero.proxy.leave_one_out import MATRIX
from lpzero.reporting.articles.suggestions import is_suggestions
from lpzero.reporting.articles.table import is_table
from lpzero.reporting.folders import kind_of
from lpzero.reporting.standing import Event, curve_of, read_events
from lpzero.result import Result, read_result
from lpzero.run_folder import CONFIG
from lpzero.settings import one_line, read_document
from lpzero.tables.folder import CARD
from lpzero.training.build import TRAININGS

FINISHED, UNFINISHED, DAMAGED = "finished", "unfinished", "damaged"
NEWLINE = b"\n"


class RunRow(Result):
    """What is known of a run.

    Attributes:
        run: Its folder.
        kind: The command that made it; None where that is not known.
        state: ``"finished"``, ``"unfinished"``, at work or stopped, or ``"damaged"``.
        best: The best that it has, for people; None where there is none yet.
        began: When it began, as ISO 8601; None where nobody knows.
        last: When anything in its folder changed last, likewise.
        reason: What is wrong with a damaged one; None otherwise.
    """

    run: str
    kind: str | None
    state: str
    best: str | None
    began: str | None
    last: str | None
    reason: str | None = None


class RunsResult(Result):
    """The runs below a folder.

    Attributes:
        schema_: 1.
        folder: The folder.
        runs: One row a run, the one that changed last at the end.
    """

    schema_: Annotated[int, Field(alias="schema")]
    folder: str
    runs: list[RunRow]


@dataclass(frozen=True)
class _Known:
    """What a folder says of itself."""

    kind: str
    state: str
    best: str | None
    began: str | None = None


def list_runs(folder: Path) -> RunsResult:
    """What is known of every run below a folder, and of those in the folders of several.

    Raises:
        InputError: There is no such folder.
        LpzeroError: It cannot be read.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: expected a folder of runs, found no such folder")
    try:
        rows = [row_of(path) for path in _runs(folder)]
    except OSError as err:
        raise LpzeroError(f"{folder} cannot be read: {err.strerror or err}") from err
    return RunsResult(schema_=1, folder=str(folder), runs=sorted(rows, key=lambda row: (row.last or "", row.run)))


def _runs(folder: Path) -> list[Path]:
    found = []
    for path in sorted(folder.iterdir()):
        if not path.is_dir() or path.name.startswith("."):
            continue
        if _reader(path) is not None:
            found.append(path)
        if (path / MATRIX).is_file() or (path / "all").is_dir():
            found += _runs(path)
    return found


def row_of(path: Path) -> RunRow:
    """What is known of a run.

    Args:
        path: Its folder.

    Raises:
        InputError: It is no folder of a run.
    """
    read = _reader(path)
    if read is None:
        raise InputError(f"{path}: expected the folder of a run, found none")
    last = _changed(path)
    try:
        known = read(path)
    except LpzeroError as err:
        return RunRow(
            run=str(path), kind=None, state=DAMAGED, best=None, began=None, last=last, reason=one_line(str(err), 160)
        )
    return RunRow(run=str(path), kind=known.kind, state=known.state, best=known.best, began=known.began, last=last)


def _reader(path: Path) -> Callable[[Path], _Known] | None:
    if (path / CONFIG).is_file():
        return _run
    if is_table(path):
        return _table
    if is_suggestions(path):
        return _suggestions
    return None


def _importance(path: Path) -> _Known:
    from lpzero.reporting.articles import choices

    found = choices.article(path)
    events = read_events(path)
    best = found.brief.get("evaluated") if found.judged is None else f"sealed tau-a {found.judged[0]:.3f}"
    return _Known(choices.COMMAND, found.state, best, events[0].time if events else None)


def _run(path: Path) -> _Known:
    if read_document(path / CONFIG).get("grammar") == UNITS_GRAMMAR:
        return _importance(path)
    kind, _ = kind_of(path)
    events = read_events(path)
    began = events[0].time if events else None
    result = kind.folder(path).read_result()
    if result is not None:
        return _Known(kind.command, FINISHED, _found(result), began)
    return _Known(kind.command, UNFINISHED, so_far(path, kind.command, events), began)


def _found(result: Result) -> str | None:
    if isinstance(result, (EvolveResult, EnumerateResult)):
        test = result.best.test
        return test.status if test.tau_a is None else f"sealed tau-a {test.tau_a:.3f}"
    if isinstance(result, SearchResult):
        score, truth = result.best[0].score, None if not result.truth else result.truth.get("found")
        said = None if score is None else f"score {score:.6g}"
        return said if truth is None else f"{said}, regret {truth.regret:.4g}"
    return None


def so_far(path: Path, command: str, events: list[Event]) -> str | None:
    """The best of a run that is not finished, or what it has instead, for people; None where it has nothing yet."""
    if command == "search":
        scored = path / SCORED
        return f"{scored.read_bytes().count(NEWLINE) if scored.is_file() else 0:,} scores"
    curve = curve_of(events)
    return None if curve is None else f"tau-a on search {curve[1][-1]:.3f}"


def _table(path: Path) -> _Known:
    trained = sum(1 for _ in (path / TRAININGS).glob("*.json"))
    finished = (path / CARD).is_file()
    records = read_document(path / CARD).get("records") if finished else None
    said = f"{trained:,} trainings" if records is None else f"{records} records"
    return _Known("tables build", FINISHED if finished else UNFINISHED, said)


def _suggestions(path: Path) -> _Known:
    file = path / SUGGESTED
    if not file.is_file():
        return _Known("suggest", UNFINISHED, None)
    result = read_result(SuggestResult, read_document(file), file, of="lpzero suggest", remedy="give its command again")
    best = None if result.best is None else f"quality {result.best.quality:.6g} of {result.labels} labels"
    return _Known("suggest", UNFINISHED if result.pending or result.worthwhile is not False else FINISHED, best)


def _changed(path: Path) -> str | None:
    """When anything in a folder changed last; the files in it and in its state tell."""
    inner = [one for folder in (path, path / "state") if folder.is_dir() for one in folder.iterdir()]
    times = [one.stat().st_mtime for one in inner if one.is_file()]
    if not times:
        return None
    return datetime.fromtimestamp(max(times), timezone.utc).isoformat(timespec="seconds")
