"""``lpzero transfer``: the same proxies on several tables, as one matrix."""

from __future__ import annotations

from typing import Any

import click

from lpzero.cli import options
from lpzero.cli.engine_options import Where, engine_options
from lpzero.cli.output import as_json, figures, print_grid, print_json, say
from lpzero.errors import NoResultError


@click.command()
@click.argument("proxies", nargs=-1, metavar="[PROXY]...")
@click.option(
    "--tables",
    multiple=True,
    metavar="TABLE[:PROTOCOL]",
    help="A table, by name or folder; may be repeated.  [default: every known one, in its default protocol]",
)
@options.seed
@options.batch
@options.tokens
@options.device
@engine_options
@options.deterministic
@as_json
def transfer(
    proxies: tuple[str, ...],
    tables: tuple[str, ...],
    seed: int,
    batch: int,
    tokens: int,
    device: str,
    deterministic: bool,
    where: Where,
    as_json: bool,
) -> None:
    """Rank several tables with the same proxies and print one matrix.

    A PROXY is a formula, a name, a proxy file, or the folder of a finished run; its direction is the same on every
    table. Without any, every shipped formula that was found on a table is ranked, and the strongest plain counts.
    Scores are exact. A table that is not here is left out, and said on stderr.
    """
    from lpzero.cli.progress import ProgressDisplay
    from lpzero.operands.probe import Probe
    from lpzero.proxy import load_proxy, proxy_names
    from lpzero.proxy.transfer import BASELINES, DEFAULT_TABLES, column
    from lpzero.proxy.transfer import transfer as transferred

    names = proxies or (*(name for name in proxy_names() if load_proxy(name).found_on), *BASELINES)
    loaded = [load_proxy(name) for name in names]
    columns = [column(text) for text in dict.fromkeys(tables or DEFAULT_TABLES)]
    for one in columns:
        if one.reason:
            say(one.reason)
    probe = Probe(seed=seed, batch=batch, tokens=tokens, device=options.resolve_device(device))
    display = ProgressDisplay()
    try:
        with where.open(probe.device, deterministic=deterministic) as engine:
            matrix = transferred(
                columns,
                loaded,
                probe,
                engine=engine,
                progress=lambda table, done, total: display.architectures(f"scoring {table}", done, total),
            )
    finally:
        display.close()
    document = {
        "schema": 1,
        "seed": seed,
        "proxies": [
            _row(proxy.name, proxy.direction, proxy.found_on or None, cells)
            for proxy, cells in zip(loaded, matrix, strict=True)
        ],
    }
    _print(document, as_json)
    if not any(cell["status"] == "ok" for row in matrix for cell in row):
        raise NoResultError("no proxy ranks any of the tables")


def _row(proxy: str, direction: str, found: str | None, cells: list[dict[str, Any]]) -> dict[str, Any]:
    """One row of the document; what is wrong with a cell is said on stderr."""
    kept = []
    for cell in cells:
        if cell["reason"] and cell["status"] != "missing":
            say(f"{proxy} on {cell['table']}: {cell['status']}: {cell['reason']}")
        figures_ = {key: value for key, value in cell.items() if key != "reason"}
        kept.append({**figures_, "found_here": cell["table"] == found})
    return {"proxy": proxy, "direction": direction, "found_on": found, "cells": kept}


def _print(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    rows = document["proxies"]
    titles = [_title(cell) for cell in rows[0]["cells"]]
    click.echo("tau-a, with its 95 % interval")
    print_grid(["proxy", *titles], [[row["proxy"], *map(_brief, row["cells"])] for row in rows])
    click.echo()
    header = ["proxy", "better", "table", "n", "status", "tau-a", "tau-b", "rho", "distinct", "95 % of tau-a"]
    lines = [
        [row["proxy"], row["direction"], _title(cell), cell["n"], cell["status"], *figures(cell)]
        for row in rows
        for cell in row["cells"]
    ]
    print_grid(header, lines)
    click.echo(f"\nseed {document['seed']}; * marks the table that a proxy was found on: no test of it")


def _title(cell: dict[str, Any]) -> str:
    return cell["table"] if cell["protocol"] is None else f"{cell['table']}:{cell['protocol']}"


def _brief(cell: dict[str, Any]) -> str:
    if cell["status"] != "ok":
        return str(cell["status"])
    low, high = cell["interval"]
    return f"{cell['tau_a']:.3f} ({low:.3f} to {high:.3f}){'*' if cell['found_here'] else ''}"
