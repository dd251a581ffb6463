"""Verify a table: the hashes of its files, its records, and every figure of its card derived again.

What the architectures and the losses give is compared to ``TOLERANCE``. The figures of
:data:`lpzero.training.card.RANDOM` are drawn, and another version of NumPy or SciPy may draw others: they are compared
to ``RANDOM_TOLERANCE``, about three standard deviations of the end of a bootstrap interval on 80 architectures.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import Any

from lpzero.settings import one_line, shorten
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.beside import SPACE_FILE
from lpzero.tables import TABLES, load_table, locate
from lpzero.tables.entry import TableEntry
from lpzero.tables.folder import CARD, FACTS, RECORDS, Card, FolderTable, read_folder
from lpzero.tables.locate import bundled_folder, expanded
from lpzero.training.card import RANDOM, figures

TOLERANCE = 1e-5
RANDOM_TOLERANCE = 0.03


def verify(name: str) -> dict[str, Any]:
    """Verify a table.

    Args:
        name: A table of the catalogue or a folder.

    Returns:
        ``{"files", "records", "figures", "faults"}``: how many were checked, and what does not hold, one line
        each. The figures of a published or imported table are derived on the spot wherever they are shown, so that
        it has none to compare.

    Raises:
        InputError: The table is damaged; this names the file and the record.
        MissingError: It is not here.
    """
    entry = TABLES.get(name)
    if entry is not None and entry.published is not None:
        return _published(entry)
    folder = expanded(name) if entry is None else bundled_folder(name)
    # load_table says what is wrong with a name that is neither, and read_folder checks the hash of the records
    load_table(name)
    held = read_folder(folder)
    faults = [*_figures(held), *_parameters(held), *([] if entry is None else _against(entry, held.card, held.table.n))]
    files = len([name for name in (CARD, RECORDS, SPACE_FILE) if (folder / name).is_file()])
    return {"files": files, "records": held.card.records, "figures": _count(held.card.figures), "faults": faults}


def _figures(held: FolderTable) -> Iterator[str]:
    """What the card says and the records do not give."""
    stated = held.card.figures
    if stated:
        derived = figures(held.table, held.table.protocols[0], held.trainings, held.recipe)
        yield from _differences(stated, derived)
    elif held.recipe is not None:
        yield "figures: expected those of the trainings, since there is a recipe, found none: restore the card"


def _parameters(held: FolderTable) -> Iterator[str]:
    """The trainings whose number of parameters is not that of their architecture."""
    space = held.table.search_space()
    for training in held.trainings:
        counted = space.parameter_counts(Architecture.from_json(training.architecture))
        for part in dict.fromkeys((*counted, *training.parameters)):
            expected, found = counted.get(part), training.parameters.get(part)
            if expected != found:
                yield (
                    f"record {one_line(training.id, 60)} with seed {training.seed}: parameters.{one_line(part, 60)}: "
                    f"expected {expected}, as its architecture has, found {shorten(found)}: restore the records"
                )


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


def _against(entry: TableEntry, card: Card, n: int) -> Iterator[str]:
    """What the catalogue says and the table does not."""
    facts = {name: (getattr(entry, name), getattr(card, name)) for name in FACTS}
    facts |= {"n": (entry.n, n), "records_sha256": (entry.records_sha256, card.records_sha256)}
    for name, (expected, found) in facts.items():
        if expected != found:
            yield (
                f"{name}: expected {expected!r}, as the list of tables has it, found {shorten(found)}: "
                "install lpzero again"
            )


def _count(figures_: Any) -> int:
    """The number of leaves; a card may be nested as deeply as JSON can be."""
    count, parts = 0, [figures_]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            parts += part.values()
        else:
            count += len(part) if isinstance(part, (list, tuple)) else 1
    return count


def _differences(stated: Any, derived: Any, place: str = "figures") -> Iterator[str]:
    if isinstance(stated, dict) and isinstance(derived, dict):
        for key in dict.fromkeys((*stated, *derived)):
            if key not in stated or key not in derived:
                named = f"{place}.{one_line(str(key), 60)}"
                yield f"{named}: expected in the card and from the records, found in one of them only"
            else:
                yield from _differences(stated[key], derived[key], f"{place}.{key}")
    elif isinstance(stated, (list, tuple)) and isinstance(derived, (list, tuple)) and len(stated) == len(derived):
        for i, (one, other) in enumerate(zip(stated, derived, strict=True)):
            yield from _differences(one, other, f"{place}[{i}]")
    elif not _equal(stated, derived, _tolerance(place)):
        yield f"{place}: the card says {shorten(stated)}, its records give {derived!r}: restore both files"


def _tolerance(place: str) -> float:
    """How far a figure may be off, by the name at the end of its place."""
    return RANDOM_TOLERANCE if place.rpartition(".")[2].partition("[")[0] in RANDOM else TOLERANCE


def _equal(stated: Any, derived: Any, tolerance: float) -> bool:
    numbers = [isinstance(value, (int, float)) and not isinstance(value, bool) for value in (stated, derived)]
    if all(numbers):
        return math.isclose(stated, derived, rel_tol=TOLERANCE, abs_tol=tolerance)
    return bool(stated == derived)
