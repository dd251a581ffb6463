"""Results of other commands that somebody kept in the folder of a run, or as a file: explanations, transfers, ranks."""

from __future__ import annotations

from pathlib import Path

from lpzero.proxy.explanation import ExplainResult
from lpzero.proxy.transfer import TransferResult
from lpzero.reporting.blocks import Block, Code, Facts, Grid, Picture, Section, Text
from lpzero.reporting.cells import ends, figure
from lpzero.reporting.pictures import Interval, height_of, intervals, matrix
from lpzero.reporting.svg import WIDTH, to_svg
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
    blocks: list[Block] = []
    path = folder / EXPLAIN
    if path.is_file():
        found = read_result(ExplainResult, read_document(path), path, of="lpzero explain", remedy=REMEDY)
        blocks = explained(found, f"{name}-explain")
    else:
        blocks = [
            Text("Nobody has asked yet what the formula lives on. This adds it to the next report:"),
            Code(f"lpzero explain {folder} --table {table} --json > {path}"),
        ]
    sections = [Section("What it measures", blocks)]
    path = folder / TRANSFER
    if path.is_file():
        moved = read_result(TransferResult, read_document(path), path, of="lpzero transfer", remedy=REMEDY)
        sections.append(Section("Transfer", transferred(moved, f"{name}-transfer")))
    return sections


def explained(result: ExplainResult, name: str) -> list[Block]:
    """What is left of a ranking when a part of its input is replaced."""
    rows = (
        [Interval("original", result.original.tau_a, _two(result.original.interval), True)]
        if (result.original.tau_a is not None)
        else []
    )
    rows += [Interval(one.name, one.tau_a, _two(one.interval)) for one in result.interventions if one.tau_a is not None]
    blocks: list[Block] = [Text(f"Verdict: {result.verdict}"), *(Text(reason) for reason in result.reasons)]
    if rows:
        said = ", ".join(f"{row.name} {row.value:.3f}" for row in rows)
        blocks.append(
            Picture(
                "Tau-a of the table scored unchanged (diamond), and with a part of what the proxy sees replaced.",
                f"Tau-a with 95 % intervals: {said}.",
                to_svg(intervals(rows, "tau-a"), name, (WIDTH, height_of(len(rows)))),
                {"name": [row.name for row in rows], "value": [row.value for row in rows]},
            )
        )
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
    facts = Facts(
        {"proxy": result.proxy, "table": where, "in-sample": "yes: no test of it" if result.in_sample else None}
    )
    return [*blocks, Grid("What is left under each intervention", header, cells, worked=True), facts]


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
    size = (max(WIDTH, 1.6 + 0.9 * len(tables)), 0.5 + height_of(len(names)))
    picture = Picture(
        "Tau-a of each proxy (row) on each table (column); bars are as long as the number.",
        f"A matrix of {len(names)} proxies and {len(tables)} tables; the table below has its numbers.",
        to_svg(matrix(names, tables, values), name, size),
        {"rows": names, "columns": tables, "tau_a": values},
    )
    return [picture, Grid("Each proxy on each table", header, rows, worked=True)]


def _two(interval: list[float] | None) -> tuple[float, float] | None:
    return None if interval is None else (interval[0], interval[1])
