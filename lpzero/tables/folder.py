"""A table in lpzero's own format: a folder with ``records.jsonl.gz`` and ``card.json``.

The card says what the records are, and holds figures that follow from them. The records of a table that lpzero
trained are its trainings; those of an imported one are an architecture and a quality each. Where the space is one of a
``space.toml``, a copy of that file is there too.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from lpzero.errors import InputError, LpzeroError, MissingError
from lpzero.files import write_bytes, write_json
from lpzero.settings import one_line, place_in, reason_of
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.beside import keep_space, space_beside
from lpzero.spaces.space import SearchSpace
from lpzero.tables.card_columns import ColumnDocument, beside_of, check_columns, read_columns
from lpzero.tables.document import Document, check, parse_json, read_json, shorten
from lpzero.tables.recipe import Recipe
from lpzero.tables.table import Record, Table
from lpzero.tables.training_record import TrainedRecord, check_record

CARD, RECORDS = "card.json", "records.jsonl.gz"
SCHEMA = 1
LARGEST = 1 << 28
MOST = 1_000_000
"""The most records of a table: a line takes more memory than its letters."""
FACTS = ("name", "space", "protocols", "quality", "unit", "higher_is_better", "source", "licence", "notes")
"""What a card says of a table, and the list of tables of one that comes with the package."""


class Card(Document, extra="forbid"):
    """What a table is.

    Attributes:
        schema_: Version of the format, 1.
        name: Its name.
        space: Name of the space of its architectures.
        protocols: The protocols that they may stand for, the default first.
        quality: What was measured.
        unit: Unit of the quality.
        higher_is_better: The direction of the quality.
        source: Where it comes from.
        licence: Its licence.
        notes: Known facts and faults.
        recipe: How lpzero trained it, as :class:`lpzero.tables.recipe.Recipe` has it; None for an imported one.
        environment: Versions and machine of the trainings; None for an imported one.
        records: Number of lines.
        records_sha256: SHA-256 of the uncompressed lines.
        figures: What follows from the records, as ``lpzero tables verify`` derives it again.
        supernet: How the checkpoint was trained whose sub-networks the records are, and the SHA-256 of its weights;
            None where there is none.
        columns: Further numbers of each record.
        recovery: How the sub-networks of a checkpoint recovered that the records are; None where they are none.
    """

    schema_: Annotated[Literal[1], Field(alias="schema")]
    name: str
    space: str
    protocols: Annotated[tuple[str, ...], Field(min_length=1)]
    quality: str
    unit: str
    higher_is_better: bool
    source: str
    licence: str
    notes: tuple[str, ...]
    recipe: dict[str, Any] | None
    environment: dict[str, str] | None
    records: Annotated[int, Field(ge=0, le=MOST)]
    records_sha256: str
    figures: dict[str, Any]
    supernet: dict[str, Any] | None = None
    columns: tuple[ColumnDocument, ...] = ()
    recovery: dict[str, Any] | None = None


class MeasuredRecord(Document, extra="forbid"):
    """A record of an imported table: ``id``, ``architecture`` and ``quality``."""

    id: str
    architecture: dict[str, Any]
    quality: float


@dataclass(frozen=True)
class FolderTable:
    """A table with everything that its folder holds.

    Attributes:
        card: Its card.
        table: The table; an architecture whose first training has no loss is not in it.
        trainings: Every training, with all seeds and statuses; empty for an imported table.
        recipe: How it was trained; None for an imported table.
    """

    card: Card
    table: Table
    trainings: tuple[TrainedRecord, ...]
    recipe: Recipe | None


def read_folder(folder: Path) -> FolderTable:
    """Read a table in lpzero's own format.

    Raises:
        MissingError: A file is not there.
        InputError: A file is damaged, is not what the card says, or of another version.
    """
    path = folder / CARD
    document = read_json(path)
    version = document.get("schema") if isinstance(document, dict) else None
    if isinstance(document, dict) and version != SCHEMA:
        raise InputError(f"{path}: expected a card of version {SCHEMA}, found version {shorten(version)}")
    card = check(Card, read_columns(_tuples(document, "protocols", "notes")), str(path))
    lines = _lines(folder / RECORDS, card)
    recipe = None if card.recipe is None else _recipe(card.recipe, f"{path}: recipe")
    space = space_beside(path, card.space, card.protocols[0])
    if recipe is None:
        trainings: tuple[TrainedRecord, ...] = ()
        records = tuple(_measured(document, place, space) for place, document in lines)
        _refuse_repeated([(record.id, 0) for record in records], folder)
    else:
        read = [(place, check_record(document, place, recipe)) for place, document in lines]
        trainings = tuple(training for _, training in read)
        _refuse_repeated([(training.id, training.seed) for training in trainings], folder)
        _check_architectures(trainings, [place for place, _ in read], space)
        records = tuple(first_records(trainings))
    check_columns(card.columns, len(records), path)
    reference = "" if space.reference == space.name else space.reference
    return FolderTable(card, table_of(card, records, reference), trainings, recipe)


def table_of(card: Card, records: tuple[Record, ...], reference: str = "") -> Table:
    """The table of a card and its records; ``reference`` is what finds its space where that is not the name."""
    facts: dict[str, Any] = {name: getattr(card, name) for name in FACTS}
    return Table(**facts, records=records, reference=reference, beside=beside_of(card.columns))


def first_records(trainings: Sequence[TrainedRecord]) -> Iterator[Record]:
    """The records of a table from its trainings: those with the first seed that have a loss."""
    for training in trainings:
        if training.seed == 0 and training.loss is not None:
            yield Record(training.id, Architecture.from_json(training.architecture), training.loss)


def write_folder(
    folder: Path, card: dict[str, Any], records: Sequence[Document], space: SearchSpace | None = None
) -> None:
    """Write a table, the card last: a folder with a card is whole.

    Args:
        folder: Where; it is made where it is not there.
        card: The card without ``schema``, ``records`` and ``records_sha256``, which follow.
        records: :class:`TrainedRecord` or :class:`MeasuredRecord`, in the order of the file.
        space: The space of the records, whose file the folder keeps; None for one that its name finds.

    Raises:
        LpzeroError: The folder cannot be written.
    """
    text = records_text(records)
    facts = {"schema": SCHEMA, **card, "records": len(records), "records_sha256": hashlib.sha256(text).hexdigest()}
    try:
        if space is not None:
            keep_space(folder, space)
        # without a time in the header equal records give equal files
        write_bytes(folder / RECORDS, gzip.compress(text, mtime=0))
        write_json(folder / CARD, facts)
    except OSError as err:
        raise LpzeroError(f"{folder} cannot be written: {err.strerror or err}") from err


def records_text(records: Sequence[Document]) -> bytes:
    """The records as JSON lines."""
    documents = (record.model_dump(mode="json") for record in records)
    return "".join(json.dumps(d, separators=(",", ":"), allow_nan=False) + "\n" for d in documents).encode()


def recipe_document(recipe: Recipe) -> dict[str, Any]:
    """The recipe as plain JSON types."""
    document: dict[str, Any] = json.loads(json.dumps(asdict(recipe)))
    return document


def _tuples(document: Any, *names: str) -> Any:
    """The document with lists of a few names as tuples, which a strict model wants."""
    if not isinstance(document, dict):
        return document
    return {k: tuple(v) if k in names and isinstance(v, list) else v for k, v in document.items()}


@cache
def _recipes() -> TypeAdapter[Recipe]:
    return TypeAdapter(Recipe)


def _recipe(document: dict[str, Any], place: str) -> Recipe:
    try:
        # infinity and NaN are no JSON
        return _recipes().validate_json(json.dumps(document, allow_nan=False), strict=True)
    except ValidationError as err:
        fault = err.errors(include_url=False)[0]
        name, reason = place_in(fault["loc"]), one_line(fault["msg"])
        raise InputError(f"{place}: {name}: {reason}, found {shorten(fault['input'])}") from err
    except (ValueError, RecursionError) as err:
        raise InputError(f"{place}: expected finite numbers and texts, found {reason_of(err)}") from err


def _lines(path: Path, card: Card) -> Iterator[tuple[str, Any]]:
    """The lines of the records as (place, plain types), read one by one.

    Raises:
        MissingError: The file is not there.
        InputError: It is damaged, or has another hash or number of lines than the card says. While it is read: a line
            is no JSON.
    """
    try:
        with gzip.open(path) as file:
            text = file.read(LARGEST + 1)
    except FileNotFoundError as err:
        raise MissingError(f"{path}: expected the records of a table, found no file") from err
    except (OSError, EOFError, zlib.error) as err:
        raise InputError(
            f"{path}: expected gzip-compressed JSON lines, found a damaged file: {reason_of(err)}"
        ) from err
    if len(text) > LARGEST:
        raise InputError(f"{path}: expected at most {LARGEST >> 20} MiB of records, found more")
    found = hashlib.sha256(text).hexdigest()
    if found != card.records_sha256:
        raise InputError(
            f"{path}: expected records with the SHA-256 {one_line(card.records_sha256[:16])}... that {CARD} gives, "
            f"found {found[:16]}...: restore both files"
        )
    # counted before there is a text for each of them
    number = text.count(b"\n") + (not text.endswith(b"\n")) if text else 0
    if number != card.records:
        raise InputError(f"{path}: expected {card.records} records, found {number}")
    return _parsed(path, text)


def _parsed(path: Path, text: bytes) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(io.BytesIO(text), start=1):
        place = f"{path}: line {number}"
        try:
            yield place, parse_json(line.rstrip(b"\r\n").decode("utf-8"), place)
        except UnicodeDecodeError as err:
            raise InputError(f"{place}: expected UTF-8 text, found other bytes at {err.start}") from err


def _measured(document: Any, place: str, space: SearchSpace) -> Record:
    record = check(MeasuredRecord, document, place)
    return Record(record.id, _architecture(record.architecture, place, space), record.quality)


def _refuse_repeated(names: Sequence[tuple[str, int]], folder: Path) -> None:
    if len(set(names)) < len(names):
        raise InputError(f"{folder / RECORDS}: expected each id once (with each seed), found one twice")


def _check_architectures(trainings: Sequence[TrainedRecord], places: Sequence[str], space: SearchSpace) -> None:
    """See that each architecture is in the space, and that the trainings of one id are those of one architecture."""
    first: dict[str, int] = {}
    for index, (training, place) in enumerate(zip(trainings, places, strict=True)):
        _architecture(training.architecture, place, space)
        before = first.setdefault(training.id, index)
        if training.architecture != trainings[before].architecture:
            raise InputError(
                f"{place}: expected the architecture of {one_line(training.id, 60)} in line {before + 1}, found "
                f"another one with seed {training.seed}: restore both files"
            )


def _architecture(document: dict[str, Any], place: str, space: SearchSpace) -> Architecture:
    try:
        architecture = Architecture.from_json(document)
        space.validate(architecture)
    except InputError as err:
        raise InputError(f"{place}: {err}") from err
    return architecture
