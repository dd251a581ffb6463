"""Read a known table from wherever it is."""

from __future__ import annotations

from pathlib import Path

from lpzero.errors import InputError
from lpzero.tables.catalog import get_entry
from lpzero.tables.locate import locate
from lpzero.tables.table import Table


def load_table(name: str, *, data: Path | None = None) -> Table:
    """Read a known table.

    Args:
        name: A table of the catalogue, such as ``"flexibert-glue"``.
        data: The data folder to read; by default the first that holds the table (``LPZERO_DATA``, else
            ``../shared/data`` beside a checkout, else the downloads).

    Raises:
        InputError: No table has that name, or the table is damaged: the file and the record are named.
        MissingError: The table is not there.
    """
    entry = get_entry(name)
    folder = locate(entry, None if data is None else (data,))
    try:
        records = entry.reader(folder)
    except InputError as error:
        raise InputError(f"table {name} is damaged: {error}: restore the upstream file") from error
    if len(records) != entry.n:
        raise InputError(
            f"table {name} is damaged: expected {entry.n} records, found {len(records)} in {folder}: "
            "restore the upstream files"
        )
    if len({record.quality for record in records}) < 2:
        raise InputError(
            f"table {name} is damaged: expected different qualities, found {records[0].quality} in every record: "
            "restore the upstream files"
        )
    return Table(
        name=entry.name,
        space=entry.space,
        quality=entry.quality,
        unit=entry.unit,
        higher_is_better=entry.higher_is_better,
        records=records,
        source=entry.source,
        licence=entry.licence,
        notes=entry.notes,
    )
