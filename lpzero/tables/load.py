"""Read a table: a known one from wherever it is, or a folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lpzero.errors import InputError, LpzeroError, MissingError, unknown_name
from lpzero.tables.catalog import TABLES
from lpzero.tables.entry import TableEntry
from lpzero.tables.folder import CARD, FolderTable, read_folder
from lpzero.tables.locate import bundled_folder, expanded, find, locate
from lpzero.tables.measured import Beside
from lpzero.tables.recipe import Recipe
from lpzero.tables.table import Record, Table
from lpzero.tables.training_record import TrainedRecord


def load_table(name: str, *, data: Path | None = None) -> Table:
    """Read a table.

    Args:
        name: A table of the catalogue, such as ``"flexibert-own"``, or the path of a folder that
            ``lpzero tables build`` or ``lpzero tables import`` wrote.
        data: The data folder to read a published table from; by default the first that holds it
            (``LPZERO_DATA``, else ``../shared/data`` beside a checkout, else the downloads).

    Raises:
        InputError: It is neither, or the table is damaged: the file and the record are named.
        MissingError: A published table is not there.
    """
    return load_trained(name, data=data)[0]


def load_trained(name: str, *, data: Path | None = None) -> tuple[Table, tuple[TrainedRecord, ...], Recipe | None]:
    """Read a table as :func:`load_table` does, with every training and the recipe of one that lpzero trained.

    The trainings are empty and the recipe is None for another.
    """
    entry = TABLES.get(name)
    trainings: tuple[TrainedRecord, ...] = ()
    recipe: Recipe | None = None
    if entry is not None and entry.published is not None:
        table = _published(entry, data)
    else:
        held = _from_folder(name) if entry is None else _bundled(name)
        table, trainings, recipe = held.table, held.trainings, held.recipe
    if entry is not None:
        # the catalogue's words, which may be newer than those of the card
        table = replace(table, name=entry.name, source=entry.source, licence=entry.licence, notes=entry.notes)
    if len({record.quality for record in table.records}) < 2:
        found = f"{table.records[0].quality} in every record" if table.records else "no record"
        raise InputError(f"table {name} is damaged: expected different qualities, found {found}: restore its files")
    return table, trainings, recipe


def fault_of(entry: TableEntry) -> str | None:
    """What keeps a known table from being read, in one line.

    None where it is whole, and for a published one that is not here. One that comes with the package has to be here.
    """
    try:
        if entry.published is None or find(entry) is not None:
            load_table(entry.name)
    except LpzeroError as error:
        return str(error)
    return None


def _from_folder(name: str) -> FolderTable:
    folder = expanded(name)
    if not folder.is_dir():
        raise unknown_name("table", name, [*TABLES, "the folder of a table"])
    if not (folder / CARD).is_file():
        raise InputError(f"{folder}: expected the folder of a table with {CARD}, found none")
    return read_folder(folder)


def _bundled(name: str) -> FolderTable:
    """A table that comes with the package: what is wrong with it is wrong with the installation."""
    try:
        return read_folder(bundled_folder(name))
    except MissingError as error:
        raise MissingError(f"table {name} is missing from the package: {error}: install lpzero again") from error
    except InputError as error:
        raise InputError(f"table {name} is damaged: {error}: install lpzero again") from error


def _published(entry: TableEntry, data: Path | None) -> Table:
    assert entry.published is not None
    folder = locate(entry, None if data is None else (data,))
    try:
        records = entry.published.reader(folder)
        beside = Beside() if entry.published.beside is None else entry.published.beside(folder)
    except InputError as error:
        raise InputError(f"table {entry.name} is damaged: {error}: restore the upstream file") from error
    if len(records) != entry.n:
        raise InputError(
            f"table {entry.name} is damaged: expected {entry.n} records, found {len(records)} in {folder}: "
            "restore the upstream files"
        )
    return _table(entry, records, beside)


def _table(entry: TableEntry, records: tuple[Record, ...], beside: Beside) -> Table:
    return Table(
        name=entry.name,
        space=entry.space,
        protocols=entry.protocols,
        quality=entry.quality,
        unit=entry.unit,
        higher_is_better=entry.higher_is_better,
        records=records,
        source=entry.source,
        licence=entry.licence,
        notes=entry.notes,
        beside=beside,
    )


def named_table(text: str) -> tuple[str, str | None]:
    """A table and the protocol behind its colon; None where there is none.

    A known table or a folder may have a colon in its own name.

    >>> named_table("flexibert-glue:listed"), named_table("gpt2-own")
    (('flexibert-glue', 'listed'), ('gpt2-own', None))
    """
    name, colon, protocol = text.rpartition(":")
    if not colon or text in TABLES or Path(text).expanduser().is_dir():
        return text, None
    return name, protocol
