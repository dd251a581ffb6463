"""What the proxy of a run measures, and what it is worth elsewhere: results that somebody kept in the run's folder."""

from __future__ import annotations

import shlex
from pathlib import Path

from lpzero.reporting.blocks import Code, Section, Text
from lpzero.reporting.repeat import command_line
from lpzero.result import read_result
from lpzero.settings import read_document

EXPLAIN, TRANSFER = "explain.json", "transfer.json"
REMEDY = "remove it to go without"


def kept_sections(folder: Path, table: str, name: str) -> list[Section]:
    """What the proxy of a run measures, and what it is worth elsewhere, where the folder holds it; else how to add it.

    Args:
        folder: The run folder.
        table: The table that it was found on.
        name: What makes ids its own on the page.

    Raises:
        InputError: One of the files is damaged.
    """
    path = folder / EXPLAIN
    if path.is_file():
        from lpzero.proxy.explanation import ExplainResult
        from lpzero.reporting.articles.kept import explained

        found = read_result(ExplainResult, read_document(path), path, of="lpzero explain", remedy=REMEDY)
        blocks = explained(found, f"{name}-explain")
    else:
        blocks = [
            Text("Nobody has asked yet what the formula lives on. This adds it to the next report:"),
            Code(f"{command_line('explain', folder, '--table', table, '--json')} > {shlex.quote(str(path))}"),
        ]
    sections = [Section("What it measures", blocks)]
    path = folder / TRANSFER
    if path.is_file():
        from lpzero.proxy.transfer import TransferResult
        from lpzero.reporting.articles.kept import transferred

        moved = read_result(TransferResult, read_document(path), path, of="lpzero transfer", remedy=REMEDY)
        sections.append(Section("Transfer", transferred(moved, f"{name}-transfer")))
    return sections
