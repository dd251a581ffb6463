"""A table of choices as a folder: a card, a line for each measured replacement, and what the units do as safetensors.

Nothing of it is a pickle, and every array is read when a formula asks for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from lpzero.compression.choices.listing import Part
from lpzero.compression.choices.units import INPUTS, OUTPUTS, WEIGHTS_OUT, PartUnits
from lpzero.compression.choosing.importance import Kind
from lpzero.errors import InputError
from lpzero.operands.units import UNIT_OPERANDS
from lpzero.settings import one_line, place_in, read_document, reason_of

CARD, RECORDS, UNITS = "card.json", "records.jsonl", "units"
KIND: Literal["choices"] = "choices"
SCHEMA: Literal[1] = 1


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Card(_Part):
    """What a table of choices is.

    Attributes:
        kind: ``"choices"``.
        schema_: Version of the format, 1.
        name: Its name.
        checkpoint: Name of the checkpoint's folder.
        checkpoint_sha256: Of its configuration and weights.
        family, depth, width, groups, neurons: Its shape.
        text: Name of the calibration text.
        text_sha256: Of what of it was looked at.
        windows: Windows and tokens of each, the first ones of the text.
        predicted: Positions at which something is predicted.
        seed: Of labels that are drawn.
        order: The importance whose order units go in.
        quality, unit: What was measured of each replacement.
        number_format: What the arrays of units are kept in.
        versions: Of lpzero, torch and transformers.
        records: Number of lines.
        records_sha256: Of the lines.
    """

    kind: Literal["choices"] = KIND
    schema_: Literal[1] = Field(1, alias="schema")
    name: str
    checkpoint: str
    checkpoint_sha256: str
    family: str
    depth: int = Field(ge=1)
    width: int = Field(ge=1)
    groups: int = Field(ge=1)
    neurons: int = Field(ge=1)
    text: str
    text_sha256: str
    windows: tuple[int, int] = Field(strict=False)
    predicted: int = Field(ge=1)
    seed: int = Field(ge=0)
    order: str
    quality: str
    unit: str
    number_format: str
    versions: dict[str, str]
    records: int = Field(ge=1)
    records_sha256: str


class Record(_Part):
    """What one replacement costs.

    Attributes:
        layer: Which layer.
        part: Which part of it is cut.
        removed: Units that go, in the order in which they go.
        divergence: KL of the cut model's predictions from the full one's, nats a token.
    """

    layer: int = Field(ge=0)
    part: Kind
    removed: tuple[int, ...] = Field(min_length=1, strict=False)
    divergence: float


@dataclass(frozen=True)
class ChoicesTable:
    """A table of choices.

    Attributes:
        folder: Where it lies.
        card: What it is.
        records: What each replacement costs, part by part, fewer removed units first.
    """

    folder: Path
    card: Card
    records: tuple[Record, ...]

    @property
    def divergences(self) -> np.ndarray:
        """(records,) float64, nats a token."""
        return np.array([record.divergence for record in self.records])

    @property
    def layers(self) -> np.ndarray:
        """(records,) int, the layer of each."""
        return np.array([record.layer for record in self.records])

    def parts(self) -> tuple[tuple[Part, tuple[int, ...]], ...]:
        """The parts of the layers with the places of their records."""
        found: dict[tuple[int, Kind], list[int]] = {}
        for place, record in enumerate(self.records):
            found.setdefault((record.layer, record.part), []).append(place)
        return tuple(
            (
                Part(
                    layer, kind, self.records[places[-1]].removed, tuple(len(self.records[i].removed) for i in places)
                ),
                tuple(places),
            )
            for (layer, kind), places in found.items()
        )

    def units(self, part: Part) -> PartUnits:
        """What the units of a part do; arrays are read when they are asked for."""
        path = self.folder / UNITS / units_file(part.layer, part.kind)
        return PartUnits(part.layer, part.kind, part.layer / max(1, self.card.depth - 1), _Arrays(path))


class _Arrays(Mapping[str, Tensor]):
    """The arrays of a file of safetensors by name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream = path.with_name(stream_file(int(path.name.partition("-")[0])))

    def __getitem__(self, name: str) -> Tensor:
        from safetensors import SafetensorError, safe_open

        path = self._stream if name in (INPUTS, OUTPUTS) else self._path
        try:
            with safe_open(path, framework="pt") as file:
                found: Tensor = file.get_tensor(name)
                return found
        except (OSError, SafetensorError) as err:
            raise InputError(f"{path}: expected the operand {name} of a table of choices: {reason_of(err)}") from err

    def __iter__(self) -> Iterator[str]:
        return (name for name, row in UNIT_OPERANDS.items() if row.axes)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def units_file(layer: int, kind: Kind) -> str:
    """Name of the file with the units of a part."""
    return f"{layer}-{kind}.safetensors"


def stream_file(layer: int) -> str:
    """Name of the file with the states before and behind a layer."""
    return f"{layer}-stream.safetensors"


def is_choices(path: Path) -> bool:
    """Whether a table of choices lies in a folder."""
    if not (path / CARD).is_file():
        return False
    try:
        return read_document(path / CARD).get("kind") == KIND
    except InputError:
        return False


def record_lines(records: Sequence[Record]) -> str:
    """The records as lines."""
    return "".join(json.dumps(record.model_dump(mode="json")) + "\n" for record in records)


def read_choices(folder: Path) -> ChoicesTable:
    """Read a table of choices.

    Raises:
        InputError: It is none, is damaged, or was not finished.
    """
    if not (folder / CARD).is_file():
        raise InputError(
            f"{folder}: expected a table of choices with {CARD}, found none: lpzero tables build --choices"
        )
    place = folder / CARD
    try:
        card = Card.model_validate(read_document(place))
        place = folder / RECORDS
        content = place.read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != card.records_sha256:
            raise InputError(
                f"{place}: expected the records of the card, SHA-256 {card.records_sha256[:12]}, found others"
            )
        records = tuple(Record.model_validate_json(line) for line in content.decode().splitlines())
    except ValidationError as err:
        fault = err.errors(include_url=False)[0]
        raise InputError(f"{place}: {place_in(fault['loc'])}: {one_line(fault['msg'])}: build the table again") from err
    except (OSError, ValueError) as err:
        raise InputError(f"{place}: expected a table of choices: {reason_of(err)}") from err
    table = ChoicesTable(folder, card, records)
    _check(table)
    return table


def _check(table: ChoicesTable) -> None:
    """Raise InputError where the records are not nested sets, or arrays are missing."""
    if len(table.records) != table.card.records:
        raise InputError(f"{table.folder}: expected {table.card.records} records, found {len(table.records)}")
    for part, places in table.parts():
        sets = [table.records[place].removed for place in places]
        if any(one != part.order[: len(one)] for one in sets) or list(part.removed) != sorted(set(part.removed)):
            raise InputError(f"{table.folder}: layer {part.layer}, {part.kind}: expected nested sets of removed units")
        shape = table.units(part).arrays[WEIGHTS_OUT].shape
        if not 0 <= min(part.order) <= max(part.order) < shape[0]:
            raise InputError(f"{table.folder}: layer {part.layer}, {part.kind}: expected units below {shape[0]}")
