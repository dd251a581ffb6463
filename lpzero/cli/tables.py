"""``lpzero tables``: the known performance tables, whether they are here, and what is in them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from lpzero.cli.output import as_json, print_grid, print_json

if TYPE_CHECKING:
    from lpzero.tables import Table


@click.group()
def tables() -> None:
    """Performance tables: list, fetch, show."""


@tables.command("list")
@as_json
def list_tables(as_json: bool) -> None:
    """List the known tables and where each one is."""
    from lpzero.tables import TABLES, find

    rows = []
    for entry in TABLES.values():
        where = find(entry)
        rows.append(
            {
                "name": entry.name,
                "description": entry.description,
                "space": entry.space,
                "n": entry.n,
                "quality": entry.quality,
                "direction": entry.direction,
                "present": where is not None,
                "where": None if where is None else str(where),
            }
        )
    if as_json:
        print_json({"schema": 1, "tables": rows})
        return
    cells = [
        [
            row["name"],
            row["space"],
            row["n"],
            row["quality"],
            row["direction"],
            row["where"] or "not here: fetch it",
        ]
        for row in rows
    ]
    print_grid(["name", "space", "n", "quality", "direction", "where"], cells)


@tables.command("fetch")
@click.argument("name")
@as_json
def fetch_table(name: str, as_json: bool) -> None:
    """Download the table NAME from its pinned upstream commit into the cache."""
    from lpzero.tables import fetch, get_entry
    from lpzero.tables.locate import data_folders

    folder = fetch(name, progress=sys.stderr.isatty())
    if folder not in data_folders():
        click.echo(f"note: LPZERO_DATA is set, so that {folder} is not looked at: unset it", err=True)
    if as_json:
        document = {"schema": 1, "name": name, "files": len(get_entry(name).files), "where": str(folder)}
        print_json(document)
    else:
        click.echo(f"{name}: {len(get_entry(name).files)} file(s) in {folder}")


@tables.command("show")
@click.argument("name")
@as_json
def show_table(name: str, as_json: bool) -> None:
    """Show the card of the table NAME: what was measured, its spread, its known faults."""
    from lpzero.tables import load_table

    card = _card(load_table(name))
    if as_json:
        print_json({"schema": 1, **card})
        return
    quality = card["quality"]
    spread = f"{quality['min']:.2f} to {quality['max']:.2f}, sd {quality['sd']:.2f}"
    rows = [
        ["name", card["name"]],
        ["space", f"{card['space']} (protocols: {', '.join(card['protocols'])})"],
        ["n", card["n"]],
        ["quality", f"{quality['name']}, {quality['unit']}, {card['direction']}"],
        ["range", spread],
        ["duplicates", f"{card['duplicates']} group(s) of records with the same architecture"],
        *([("notes" if i == 0 else ""), note] for i, note in enumerate(card["notes"])),
        ["source", card["source"]],
        ["licence", card["licence"]],
        ["digest", card["digest"]],
    ]
    print_grid(None, rows)


def _card(table: Table) -> dict[str, Any]:
    from lpzero.spaces import get_space
    from lpzero.tables import get_entry

    qualities = table.qualities
    return {
        "name": table.name,
        "space": table.space,
        "protocols": list(get_space(table.space).protocols),
        "n": table.n,
        "quality": {
            "name": table.quality,
            "unit": table.unit,
            "min": float(qualities.min()),
            "max": float(qualities.max()),
            "mean": float(qualities.mean()),
            "sd": float(qualities.std(ddof=1)),
        },
        "direction": get_entry(table.name).direction,
        "higher_is_better": table.higher_is_better,
        "duplicates": len(table.duplicates()),
        "notes": list(table.notes),
        "source": table.source,
        "licence": table.licence,
        "digest": table.digest,
    }
