"""What a folder or a file holds, and the article of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from lpzero.errors import InputError
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.enumeration.config import EnumerateConfig
from lpzero.evolution.enumeration.folder import EnumerationRunFolder
from lpzero.evolution.folder import EvolutionRunFolder
from lpzero.proxy.leave_one_out import MATRIX, LeaveOneOutResult
from lpzero.reporting.articles import discovery
from lpzero.reporting.blocks import Article, Block, Code, Section, Text
from lpzero.reporting.repeat import command_line
from lpzero.reporting.standing import environment
from lpzero.result import read_result
from lpzero.run_folder import CONFIG, RunFolder
from lpzero.settings import read_document


@dataclass(frozen=True)
class Kind:
    """A kind of run folder.

    Attributes:
        command: The command that makes it.
        config: What its settings are.
        folder: What reads it.
        article: What is said of a finished one: of folder, command, settings, result and the name of its ids.
    """

    command: str
    config: type[BaseModel]
    folder: type[RunFolder[Any]]
    article: Callable[[Path, str, Any, Any, str], Article]


DISCOVERIES = (
    Kind("evolve", EvolveConfig, EvolutionRunFolder, discovery.article),
    Kind("enumerate", EnumerateConfig, EnumerationRunFolder, discovery.article),
)


def _searches() -> tuple[Kind, ...]:
    """The kinds of searches of architectures: what a report of a discovery needs nothing of takes its time to load."""
    from lpzero.nas.config import SearchConfig
    from lpzero.nas.folder import SearchRunFolder
    from lpzero.nas.schedule.config import ScheduleConfig
    from lpzero.nas.schedule.folder import ScheduleRunFolder
    from lpzero.reporting.articles import search

    return (
        Kind("search", SearchConfig, SearchRunFolder, search.article),
        Kind("search", ScheduleConfig, ScheduleRunFolder, search.article),
    )


def kind_of(path: Path) -> tuple[Kind, BaseModel]:
    """Which kind of run a folder holds, by whose settings stand there.

    Raises:
        InputError: There are no settings, or they are those of no kind that this version knows.
    """
    known = set(read_document(path / CONFIG))
    # else the kind that shares the most settings, so that the message is about what is wrong in it
    kinds = next(((kind,) for kind in DISCOVERIES if known == set(kind.config.model_fields)), ())
    best = min(kinds or (*DISCOVERIES, *_searches()), key=lambda kind: len(known ^ set(kind.config.model_fields)))
    try:
        _, config = best.folder.open(path, best.config)
    except InputError as err:
        other = _other_version(path)
        raise InputError(f"{err}; the run is of lpzero {other}" if other else str(err)) from None
    return best, config


def article_of(path: Path, name: str) -> Article:
    """The article of whatever a folder or a file holds.

    Args:
        path: The folder or file.
        name: What makes ids its own on the page.

    Raises:
        InputError: It is nothing that lpzero keeps, or it is damaged.
    """
    # each of these takes a tenth of a second to import, and most pages need none of them
    if path.is_file():
        from lpzero.reporting.articles import files

        return files.article(path, name)
    if not path.is_dir():
        raise InputError(f"{path}: expected the folder of a run, found no such folder")
    from lpzero.reporting.articles import compression

    # its config.json is that of a model
    if compression.is_compressed(path):
        return compression.article(path, name)
    from lpzero.reporting.articles import choices

    if choices.is_about_units(path):
        return choices.article(path)
    if (path / CONFIG).is_file():
        return _run(path, name)
    from lpzero.reporting.articles import suggestions, table

    if table.is_table(path):
        return table.article(path, name)
    if suggestions.is_suggestions(path):
        return suggestions.article(path, name)
    if (path / MATRIX).is_file():
        return _left_out(path, name)
    expected = "evolve, enumerate, search, suggest, compress or tables build"
    raise InputError(f"{path}: expected a folder of lpzero {expected}, found none of them: {CONFIG} is missing")


def _other_version(path: Path) -> str | None:
    """The version of a run where it is not this one; None where it is, or nobody knows."""
    version = environment(path).get("lpzero")
    return None if version == metadata.version("lpzero") else version


def _left_out(path: Path, name: str) -> Article:
    from lpzero.reporting.articles.kept import left_out_in_turn

    matrix = path / MATRIX
    of, remedy = "a run of each table left out", "give the command again"
    result = read_result(LeaveOneOutResult, read_document(matrix), matrix, of=of, remedy=remedy)
    sections = [Section("What was found", left_out_in_turn(result, f"{name}-matrix"))]
    runs: list[Block] = [Text("Each run has a report of its own:"), Code(command_line("report", result.best.run))]
    runs += [Code(command_line("report", one.run)) for one in result.tables]
    sections.append(Section("Its runs", runs))
    brief = {"formula": result.best.formula, "seed": str(result.seed)}
    return Article(path.name, "evolve --leave-one-out", "finished", brief, sections)


def _run(path: Path, name: str) -> Article:
    kind, config = kind_of(path)
    result = kind.folder(path).read_result()
    if result is None:
        from lpzero.reporting.articles.unfinished import unfinished

        return unfinished(path, kind.command, config, name)
    made = kind.article(path, kind.command, config, result, name)
    other = _other_version(path)
    if other is None:
        return made
    note = Text(f"This run is of lpzero {other}: what it did not keep yet is not shown.", warning=True)
    first, *rest = made.sections
    return Article(
        made.title,
        made.kind,
        made.state,
        made.brief,
        [Section(first.title, [note, *first.blocks]), *rest],
        made.curve,
        made.judged,
    )
