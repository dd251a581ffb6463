"""A table of choices is read, and refused where it is damaged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lpzero.compression.choices.table import (
    CARD,
    RECORDS,
    UNITS,
    ChoicesTable,
    Record,
    is_choices,
    read_choices,
    record_lines,
    stream_file,
    units_file,
)
from lpzero.errors import InputError
from tests.compression.choices.made import made


@pytest.fixture
def table(tmp_path: Path) -> ChoicesTable:
    return made(tmp_path, depth=2)


def test_parts_and_their_records(table: ChoicesTable) -> None:
    assert is_choices(table.folder)
    assert not is_choices(table.folder / UNITS)
    found = [place for _, places in table.parts() for place in places]
    assert found == list(range(len(table.records)))
    for part, places in table.parts():
        assert [table.records[place].removed for place in places] == [part.order[:n] for n in part.removed]
        units = table.units(part)
        assert units.number == len(part.order)
        assert units.place == part.layer
        assert units.arrays["unit_output"].shape[:2] == (3, 8)
        assert units.arrays["layer_input"].shape == (3, 8, table.card.width)
    assert table.divergences.shape == table.layers.shape == (len(table.records),)
    assert np.isfinite(table.divergences).all()


def _changed(table: ChoicesTable, **facts: object) -> None:
    card = json.loads((table.folder / CARD).read_text())
    (table.folder / CARD).write_text(json.dumps({**card, **facts}))


def test_damage_is_named(table: ChoicesTable, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a table of choices"):
        read_choices(tmp_path)
    _changed(table, width=0)
    with pytest.raises(InputError, match="width: Input should be greater than or equal to 1"):
        read_choices(table.folder)
    _changed(table, width=24, records_sha256="0")
    with pytest.raises(InputError, match="expected the records of the card, SHA-256 0, found others"):
        read_choices(table.folder)


def test_records_that_are_not_nested_are_refused(table: ChoicesTable) -> None:
    import hashlib

    part = table.records[0].part
    first = Record(layer=0, part=part, removed=(1,), divergence=0.1)
    lines = record_lines([first, Record(layer=0, part=part, removed=(0, 1), divergence=0.2)])
    (table.folder / RECORDS).write_text(lines)
    _changed(table, records=2, records_sha256=hashlib.sha256(lines.encode()).hexdigest())
    with pytest.raises(InputError, match="expected nested sets of removed units"):
        read_choices(table.folder)


def test_arrays_that_are_damaged_or_missing_are_refused(table: ChoicesTable) -> None:
    (part, _), *_ = table.parts()
    (table.folder / UNITS / stream_file(0)).unlink()
    with pytest.raises(InputError, match="expected the operand layer_input"):
        table.units(part).arrays["layer_input"]
    (table.folder / UNITS / units_file(0, part.kind)).write_bytes(b"none")
    with pytest.raises(InputError, match="expected the operand unit_weight_out"):
        read_choices(table.folder)
