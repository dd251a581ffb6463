"""``lpzero tables verify``: the hashes of tables, and every figure of their cards derived again."""

from __future__ import annotations

from typing import Any

import click

from lpzero.cli.output import as_json, print_grid, print_json
from lpzero.errors import InputError


@click.command("verify")
@click.argument("names", nargs=-1, metavar="[TABLE]...")
@as_json
def verify_tables(names: tuple[str, ...], as_json: bool) -> None:
    """Check TABLEs, names or folders: file hashes, records, and every figure of the card. By default all present."""
    from lpzero.proxy.verify import verify
    from lpzero.tables import TABLES, find

    chosen = names or tuple(entry.name for entry in TABLES.values() if find(entry) is not None)
    rows: list[dict[str, Any]] = [{"table": name, **verify(name)} for name in chosen]
    if as_json:
        print_json({"schema": 1, "tables": rows})
    else:
        header = ["table", "files", "records", "figures", "faults"]
        print_grid(header, [[r["table"], r["files"], r["records"], r["figures"], len(r["faults"])] for r in rows])
    faults = [f"{row['table']}: {fault}" for row in rows for fault in row["faults"]]
    if faults:
        more = f" (and {len(faults) - 1} more: see --json)" if len(faults) > 1 else ""
        raise InputError(f"{faults[0]}{more}")
