"""Reading a table: a known one wherever it is, or a folder, and what is wrong with it in one line."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lpzero.errors import InputError, MissingError
from lpzero.tables import TABLES, load_table
from lpzero.tables import load as load_module
from lpzero.tables.load import fault_of, load_trained
from lpzero.tables.locate import bundled_folder

BUNDLED = [name for name, entry in TABLES.items() if entry.published is None]
PUBLISHED = [name for name, entry in TABLES.items() if entry.published is not None]


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_table_is_what_the_catalogue_says(name: str) -> None:
    entry = TABLES[name]
    table, trainings, recipe = load_trained(name)
    assert (table.name, table.space, table.protocols, table.n) == (name, entry.space, entry.protocols, entry.n)
    assert (table.source, table.licence, table.notes) == (entry.source, entry.licence, entry.notes)
    if recipe is None:
        # sub-networks of one model that was trained, none of them by itself
        assert (name, trainings) == ("llama-own", ())
        return
    assert {training.recipe for training in trainings} == {recipe.digest}
    # the quality of a record is the loss of its first training
    losses = {training.id: training.loss for training in trainings if training.seed == 0 and training.loss is not None}
    assert {record.id: record.quality for record in table.records} == losses


@pytest.mark.parametrize("name", BUNDLED)
def test_a_table_that_is_whole_has_no_fault(name: str) -> None:
    assert fault_of(TABLES[name]) is None


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_table_has_records_and_no_trainings(name: str, data: Path) -> None:
    table, trainings, recipe = load_trained(name, data=data)
    assert (table.n, table.space, table.unit) == (TABLES[name].n, TABLES[name].space, TABLES[name].unit)
    assert (trainings, recipe) == ((), None)
    assert np.isfinite(table.qualities).all()


def test_a_folder_is_a_table_of_its_own_name() -> None:
    folder = bundled_folder("gpt2-own")
    one, other = load_table(str(folder)), load_table("gpt2-own")
    assert one.digest == other.digest
    card = json.loads((folder / "card.json").read_text())
    assert one.name == card["name"]


def test_a_published_table_that_is_not_there_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(
        MissingError, match=r"^table flexibert-glue is not there: .*run `lpzero tables fetch flexibert-gl"
    ):
        load_table("flexibert-glue", data=tmp_path)


def test_a_damaged_published_table_is_named(data: Path, tmp_path: Path) -> None:
    source = data / "flexibert" / "BERT_benchmark.json"
    (tmp_path / "flexibert").mkdir()
    target = tmp_path / "flexibert" / "BERT_benchmark.json"
    records = json.loads(source.read_text())
    target.write_text(json.dumps(records[:10]))
    with pytest.raises(
        InputError,
        match=r"^table flexibert-glue is damaged: expected 500 records, found 10 in .*: restore the upstream fil",
    ):
        load_table("flexibert-glue", data=tmp_path)
    target.write_text("[")
    with pytest.raises(InputError, match=r"^table flexibert-glue is damaged: .*: restore the upstream file$"):
        load_table("flexibert-glue", data=tmp_path)


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"^unknown table 'nothing': expected one of flexibert-own, .*, the folder of a"
    ):
        load_table("nothing")
    with pytest.raises(InputError, match=r"expected the folder of a table with card\.json, found none$"):
        load_table(str(tmp_path))


def test_a_bundled_table_that_is_damaged_asks_for_another_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gpt2-own"
    shutil.copytree(bundled_folder("gpt2-own"), folder)
    monkeypatch.setattr(load_module, "bundled_folder", lambda name: tmp_path / name)
    load_table("gpt2-own")
    (folder / "records.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(InputError, match=r"^table gpt2-own is damaged: .*: install lpzero again$") as raised:
        load_table("gpt2-own")
    assert fault_of(TABLES["gpt2-own"]) == str(raised.value)
    (folder / "records.jsonl.gz").unlink()
    assert "install lpzero again" in str(fault_of(TABLES["gpt2-own"]))


def test_a_published_table_that_is_not_here_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(tmp_path))
    assert all(fault_of(TABLES[name]) is None for name in PUBLISHED)


def test_one_quality_for_all_ranks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    held = load_module._bundled("gpt2-own")
    for records, found in (
        (tuple(replace(record, quality=2.5) for record in held.table.records), "2.5 in every record"),
        ((), "no record"),
    ):
        same = replace(held, table=replace(held.table, records=records))
        monkeypatch.setattr(load_module, "_bundled", lambda _name, same=same: same)
        with pytest.raises(InputError, match=f"expected different qualities, found {found}: restore its files$"):
            load_table("gpt2-own")
