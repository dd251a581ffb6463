"""The article of a folder of suggestions: what to train next, and what came of what was trained."""

from __future__ import annotations

import csv
import io
import shlex
from pathlib import Path

from lpzero.acquisition.folder import NEXT, SUGGESTED
from lpzero.acquisition.result import SuggestionRow, SuggestResult
from lpzero.errors import InputError
from lpzero.proxy.command import plain_number
from lpzero.reporting.articles.pictured import pictured
from lpzero.reporting.articles.shared import amount, plain
from lpzero.reporting.blocks import Article, Block, Code, Facts, Grid, Section, Text
from lpzero.reporting.pictures import Interval
from lpzero.reporting.plots import of_intervals
from lpzero.result import read_result
from lpzero.settings import read_bounded, read_document, reason_of

MOST_LINES = 5_000


def is_suggestions(folder: Path) -> bool:
    """Whether a folder holds suggestions."""
    return (folder / NEXT).is_file()


def article(folder: Path, name: str) -> Article:
    """What is said of suggestions.

    Args:
        folder: Their folder.
        name: What makes ids its own on the page.

    Raises:
        InputError: A file of it is damaged, or it was written by a version that kept no result.
    """
    path = folder / SUGGESTED
    if not path.is_file():
        raise InputError(f"{path}: no such file: give the command of lpzero suggest again, which writes it")
    remedy = "give the command of lpzero suggest again"
    result = read_result(SuggestResult, read_document(path), path, of="lpzero suggest", remedy=remedy)
    sections = [
        Section("What to train next", _next(result, name)),
        Section("What was tried", _tried(folder, result)),
        Section("How to go on", [Text(f"Fill in {NEXT}, then:"), Code(_command(folder, result))]),
    ]
    best = None if result.best is None else plain(result.best.quality)
    state = "unfinished" if result.pending or result.worthwhile is not False else "finished"
    brief = {
        "space": result.space,
        "labels": str(result.labels),
        "best": best,
        "chance of a better one": None if result.chance is None else f"{result.chance:.3f}",
    }
    return Article(folder.name, "suggest", state, brief, sections)


def _next(result: SuggestResult, name: str) -> list[Block]:
    worth = "There are too few labels to say whether more training is worth it."
    if result.chance is not None:
        word = "worth it" if result.worthwhile else "not worth it"
        worth = (
            f"The highest chance that any one candidate beats the best label is {result.chance:.3f}: by the threshold "
            f"of {result.threshold:g}, more training is {word}."
        )
    facts = {
        "space": f"{result.space}, protocol {result.protocol}",
        "table that is replayed": result.table,
        "direction": None if result.direction is None else f"{result.direction} is better",
        "labels": result.labels,
        "failed": result.failed,
        "pending": result.pending,
        "candidates": f"{result.candidates:,}, {result.left_out:,} of them could not be described",
        "best label": None if result.best is None else plain(result.best.quality),
        "ordered by": result.acquisition,
        "told": ", ".join(result.features),
        "limits": ", ".join(f"{cost} {amount(limit)}" for cost, limit in result.limits.items()),
        "seed": result.seed,
    }
    blocks: list[Block] = [Text(worth), Facts(facts)]
    shown = [
        Interval(row.id, row.value, _ends(row), place == 0)
        for place, row in enumerate(result.rows)
        if row.value is not None
    ]
    if shown:
        caption = f"What is expected of each training, with its {result.level:.0%} interval; the diamond is the first."
        blocks += pictured(of_intervals(shown, "quality that is expected", caption), f"{name}-next")
    header = ["architecture", "expected", "from", "to", "chance", "by", "quality", "params", "configuration"]
    rows = [
        [
            row.id,
            plain(row.value),
            plain(row.low),
            plain(row.high),
            plain(row.chance, 3),
            row.by,
            plain(row.quality),
            f"{row.params:,}",
            row.config,
        ]
        for row in result.rows
    ]
    return [*blocks, Grid("What to train, the first to train first", header, rows, worked=True)]


def _ends(row: SuggestionRow) -> tuple[float, float] | None:
    return None if row.low is None or row.high is None else (row.low, row.high)


def _tried(folder: Path, result: SuggestResult) -> list[Block]:
    path = folder / NEXT
    try:
        lines = list(csv.reader(io.StringIO(read_bounded(path)), strict=True))
    except (OSError, ValueError, csv.Error) as err:
        raise InputError(f"{path}: expected CSV, found {reason_of(err)}") from None
    if not lines:
        raise InputError(f"{path}: expected CSV with a header, found an empty file")
    header, *rows = lines
    # the last column is the architecture as a document, which nobody reads in a table
    kept = [place for place, column in enumerate(header) if column != "architecture"]
    shown = [[row[place] if place < len(row) and row[place] else None for place in kept] for row in rows[:MOST_LINES]]
    said = "" if len(rows) <= MOST_LINES else f" (the first {MOST_LINES:,})"
    grid = Grid(f"The {len(rows):,} lines of {NEXT}{said}", [header[place] for place in kept], shown, worked=True)
    return [Text(f"{result.labels} architectures had a quality when the suggestions were made."), grid]


def _command(folder: Path, result: SuggestResult) -> str:
    words = ["lpzero", "suggest"]
    if result.table is None:
        words += ["--space", result.space, "--protocol", result.protocol]
        words += [] if result.direction is None else ["--direction", result.direction]
    else:
        words += ["--table", result.table, "--protocol", result.protocol]
    words += ["--features", ",".join(result.features), "--acquisition", result.acquisition]
    words += [word for cost, limit in result.limits.items() for word in (f"--max-{cost}", plain_number(limit))]
    words += [] if result.principles is None else ["--principles", result.principles]
    words += ["--level", str(result.level), "--stop", str(result.threshold), "--seed", str(result.seed)]
    return shlex.join([*words, "--output", str(folder)])
