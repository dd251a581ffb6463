"""``lpzero tables verify``: the hashes of tables, and every figure of their cards derived again."""

from __future__ import annotations

from typing import Any

import click

from lpzero.cli import completion
from lpzero.cli.output import as_json, print_grid, print_result
from lpzero.errors import InputError, LpzeroError, MissingError


@click.command("verify")
@click.argument("names", shell_complete=completion.tables, nargs=-1, metavar="[TABLE]...")
@as_json
def verify_tables(names: tuple[str, ...], as_json: bool) -> None:
    """Check TABLEs, names or folders: file hashes, records, and every figure of the card. By default all present."""
    from lpzero.tables import TABLES, find

    # a table of the package that is not there is a fault, not one that may be fetched
    present = (entry.name for entry in TABLES.values() if entry.published is None or find(entry) is not None)
    checked = [_checked(name) for name in names or present]
    rows = [row for row, _ in checked]
    if as_json:
        from lpzero.cli.printed import TablesVerified

        print_result(TablesVerified.model_validate({"tables": rows}))
    else:
        header = ["table", "files", "records", "figures", "faults"]
        print_grid(header, [[r["table"], r["files"], r["records"], r["figures"], len(r["faults"])] for r in rows])
    faults = [f"{row['table']}: {fault}" for row in rows for fault in row["faults"]]
    if faults:
        more = f" (and {len(faults) - 1} more: see --json)" if len(faults) > 1 else ""
        missing = all(kind is MissingError for row, kind in checked if row["faults"])
        raise (MissingError if missing else InputError)(f"{faults[0]}{more}")


def _checked(name: str) -> tuple[dict[str, Any], type[LpzeroError] | None]:
    """What verification finds, and the kind of the error that ended it, which is then its only fault."""
    from lpzero.training.verification import verify

    try:
        return {"table": name, **verify(name)}, None
    except LpzeroError as err:
        return {"table": name, "files": None, "records": None, "figures": None, "faults": [str(err)]}, type(err)
