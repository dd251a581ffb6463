"""``lpzero tables``: the known performance tables, whether they are here, what is in them, and new ones."""

from __future__ import annotations

import sys
from typing import Any

import click

from lpzero.cli import completion
from lpzero.cli.output import as_json, print_grid, print_result
from lpzero.cli.tables.build import build_table
from lpzero.cli.tables.imports import import_table
from lpzero.cli.tables.show import show_table
from lpzero.cli.tables.verify import verify_tables


@click.group()
def tables() -> None:
    """Performance tables: list, fetch, show, verify, build, import."""


tables.add_command(show_table)
tables.add_command(verify_tables)
tables.add_command(build_table)
tables.add_command(import_table)


@tables.command("list")
@as_json
def list_tables(as_json: bool) -> None:
    """List the known tables, where they come from, and whether they are here."""
    from lpzero.tables import TABLES, find
    from lpzero.tables.load import fault_of

    rows: list[dict[str, Any]] = []
    for entry in TABLES.values():
        where = find(entry)
        rows.append(
            {
                "name": entry.name,
                "description": entry.description,
                "space": entry.space,
                "protocols": list(entry.protocols),
                "n": entry.n,
                "quality": entry.quality,
                "unit": entry.unit,
                "direction": entry.direction,
                "source": entry.source,
                "bundled": entry.published is None,
                "present": where is not None,
                "where": None if where is None else str(where),
                "problem": fault_of(entry) if entry.published is None else None,
            }
        )
    if as_json:
        from lpzero.cli.printed import TableList

        print_result(TableList.model_validate({"tables": rows}))
        return
    header = ["name", "space", "protocols", "n", "quality", "direction", "comes from", "here"]
    cells = [
        [
            *(row["name"], row["space"], ", ".join(row["protocols"]), row["n"], row["quality"], row["direction"]),
            "the package" if row["bundled"] else row["source"].partition(",")[0],
            _here(row),
        ]
        for row in rows
    ]
    print_grid(header, cells)


def _here(row: dict[str, Any]) -> str:
    if row["problem"] is not None:
        return f"{'damaged' if row['present'] else 'no'}: install lpzero again"
    return "yes" if row["present"] else f"no: lpzero tables fetch {row['name']}"


@tables.command("fetch")
@click.argument("name", shell_complete=completion.tables)
@as_json
def fetch_table(name: str, as_json: bool) -> None:
    """Download the table NAME from its pinned upstream commit into the cache."""
    from lpzero.cli.progress import progress_display
    from lpzero.progress import unwatched
    from lpzero.tables import fetch, get_entry
    from lpzero.tables.locate import data_folders

    with progress_display() as display:
        folder = fetch(name, watch=display if sys.stderr.isatty() else unwatched)
    published = get_entry(name).published
    number = 0 if published is None else len(published.files)
    if published is not None and folder not in data_folders():
        click.echo(f"note: LPZERO_DATA is set, so that {folder} is not looked at: unset it", err=True)
    if as_json:
        from lpzero.cli.printed import TableFetched

        print_result(TableFetched(name=name, files=number, where=str(folder)))
    elif published is None:
        click.echo(f"{name}: comes with the package, in {folder}")
    else:
        click.echo(f"{name}: {number} file(s) in {folder}")
