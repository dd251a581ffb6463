"""Verify a table: the hashes of its files, its records, and every figure of its card derived again."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lpzero.proxy.card import figures
from lpzero.tables import TABLES, load_table, locate
from lpzero.tables.catalog import TableEntry
from lpzero.tables.folder import read_folder
from lpzero.tables.locate import bundled_folder

TOLERANCE = 1e-5


def verify(name: str) -> dict[str, Any]:
    """Verify a table.

    Args:
        name: A table of the catalogue or a folder.

    Returns:
        ``{"files", "records", "figures", "faults"}``: how many were checked, and what does not hold, one line
        each. The figures of a published table are derived on the spot wherever they are shown, so that it has
        none to compare.

    Raises:
        InputError: The table is damaged; this names the file and the record.
        MissingError: It is not here.
    """
    entry = TABLES.get(name)
    if entry is not None and entry.published is not None:
        return _published(entry)
    folder = Path(name).expanduser() if entry is None else bundled_folder(name)
    # load_table says what is wrong with a name that is neither, and read_folder checks the hash of the records
    load_table(name)
    held = read_folder(folder)
    derived = figures(held.table, held.table.protocols[0], held.trainings, held.recipe)
    stated = held.card.figures
    faults = list(_differences(stated, derived)) if stated else []
    if entry is not None:
        faults += _against(entry, held.table.n, held.card.name)
    return {"files": 2, "records": held.card.records, "figures": _count(stated), "faults": faults}


def _published(entry: TableEntry) -> dict[str, Any]:
    assert entry.published is not None
    folder, files = locate(entry), entry.published.files
    faults = [
        f"{folder / file}: expected SHA-256 {expected[:16]}..., found {found[:16]}...: fetch it again"
        for file, expected in files.items()
        if (found := hashlib.sha256((folder / file).read_bytes()).hexdigest()) != expected
    ]
    # records of wrong files would only repeat the fault in other words
    records = 0 if faults else load_table(entry.name).n
    return {"files": len(files), "records": records, "figures": 0, "faults": faults}


def _against(entry: TableEntry, n: int, name: str) -> list[str]:
    """What the catalogue says and the table does not."""
    facts = {"n": (entry.n, n), "name": (entry.name, name)}
    return [f"{key}: expected {wanted}, found {found}" for key, (wanted, found) in facts.items() if wanted != found]


def _count(figures_: Any) -> int:
    """The number of leaves."""
    if isinstance(figures_, dict):
        return sum(_count(value) for value in figures_.values())
    return len(figures_) if isinstance(figures_, (list, tuple)) else 1


def _differences(stated: Any, derived: Any, place: str = "figures") -> Iterator[str]:
    if isinstance(stated, dict) and isinstance(derived, dict):
        for key in dict.fromkeys((*stated, *derived)):
            if key not in stated or key not in derived:
                yield f"{place}.{key}: expected in the card and from the records, found in one of them only"
            else:
                yield from _differences(stated[key], derived[key], f"{place}.{key}")
    elif isinstance(stated, (list, tuple)) and isinstance(derived, (list, tuple)) and len(stated) == len(derived):
        for i, (one, other) in enumerate(zip(stated, derived, strict=True)):
            yield from _differences(one, other, f"{place}[{i}]")
    elif not _equal(stated, derived):
        yield f"{place}: the card says {stated!r}, its records give {derived!r}: restore both files"


def _equal(stated: Any, derived: Any) -> bool:
    numbers = [isinstance(value, (int, float)) and not isinstance(value, bool) for value in (stated, derived)]
    if all(numbers):
        return math.isclose(stated, derived, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(stated == derived)
