"""A table in lpzero's own format: round trip, and every way in which its two files can be damaged."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.errors import InputError, LpzeroError, MissingError
from lpzero.spaces import get_space
from lpzero.tables import load_table, load_trained
from lpzero.tables.folder import CARD, RECORDS, MeasuredRecord, read_folder, recipe_document, write_folder
from lpzero.tables.recipe import Recipe
from lpzero.tables.training_record import TrainedRecord

Trained = Callable[..., tuple[Recipe, tuple[TrainedRecord, ...]]]


def card(recipe: Recipe | None, **changed: Any) -> dict[str, Any]:
    facts = {
        "name": "small",
        "space": "flexibert",
        "protocols": ["own"],
        "quality": "validation loss",
        "unit": "nats a byte",
        "higher_is_better": False,
        "source": "a test",
        "licence": "none",
        "notes": ["made up"],
        "recipe": None if recipe is None else recipe_document(recipe),
        "environment": None,
        "figures": {},
    }
    return {**facts, **changed}


@pytest.fixture
def folder(tmp_path: Path, trained: Trained) -> Path:
    """A whole table of six trainings with a failed one and two repeats."""
    recipe, records = trained(6, repeated=2, failed=(3,))
    write_folder(tmp_path / "small", card(recipe), records)
    return tmp_path / "small"


def rewrite(folder: Path, change: Callable[[list[Any]], None], **card_changes: Any) -> None:
    """Change the records, with the right hash in the card."""
    documents = [json.loads(line) for line in gzip.decompress((folder / RECORDS).read_bytes()).splitlines()]
    change(documents)
    text = "".join(json.dumps(document) + "\n" for document in documents).encode()
    (folder / RECORDS).write_bytes(gzip.compress(text))
    facts = json.loads((folder / CARD).read_text())
    facts |= {"records": len(documents), "records_sha256": hashlib.sha256(text).hexdigest(), **card_changes}
    (folder / CARD).write_text(json.dumps(facts))


def test_a_table_keeps_the_file_of_its_space(space_file: Path, tmp_path: Path) -> None:
    space = get_space(str(space_file))
    drawn = [space.sample(np.random.default_rng(seed)) for seed in range(4)]
    records = [MeasuredRecord(id=str(i), architecture=a.to_json(), quality=float(i)) for i, a in enumerate(drawn)]
    facts = card(None, space=space.name, protocols=[space.protocol])
    write_folder(tmp_path / "t", facts, records, space)
    assert (tmp_path / "t" / "space.toml").read_text() == space_file.read_text()
    space_file.unlink()
    (tmp_path / "t").rename(tmp_path / "moved")
    found = load_table(str(tmp_path / "moved"))
    assert found.reference == str(tmp_path / "moved" / "space.toml")
    assert [found.search_space().key(record.architecture) for record in found.records] == [space.key(a) for a in drawn]
    (tmp_path / "moved" / "space.toml").unlink()
    with pytest.raises(
        InputError, match=r"moved/card\.json: unknown space 'tiny': .*: copy it to .*moved/space\.toml$"
    ):
        load_table(str(tmp_path / "moved"))


def test_a_table_of_a_named_space_keeps_no_file(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [CARD, RECORDS]
    assert load_table(str(folder)).reference == ""


def test_round_trip(folder: Path, trained: Trained) -> None:
    recipe, records = trained(6, repeated=2, failed=(3,))
    held = read_folder(folder)
    assert held.recipe == recipe
    assert held.trainings == records
    assert [record.id for record in held.table.records] == ["0000", "0001", "0002", "0004", "0005"]
    assert held.table.records[1].quality == records[1].loss
    assert not held.table.higher_is_better
    assert held.table.protocols == ("own",)


def test_a_folder_is_a_table_by_its_path(folder: Path) -> None:
    table, trainings, recipe = load_trained(str(folder))
    assert (table.n, len(trainings)) == (5, 8)
    assert recipe is not None
    assert load_table(str(folder)).digest == table.digest


def test_equal_records_give_equal_files(folder: Path, tmp_path: Path, trained: Trained) -> None:
    recipe, records = trained(6, repeated=2, failed=(3,))
    write_folder(tmp_path / "again", card(recipe), records)
    for name in (CARD, RECORDS):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_measured_records_need_no_recipe(tmp_path: Path, trained: Trained) -> None:
    _, records = trained(3)
    measured = [MeasuredRecord(id=r.id, architecture=r.architecture, quality=i) for i, r in enumerate(records, 70)]
    write_folder(tmp_path / "m", card(None, higher_is_better=True), measured)
    held = read_folder(tmp_path / "m")
    assert held.recipe is None
    assert held.trainings == ()
    assert held.table.qualities.tolist() == [70.0, 71.0, 72.0]
    assert held.table.higher_is_better


def _flip(folder: Path) -> None:
    content = bytearray((folder / RECORDS).read_bytes())
    content[len(content) // 2] ^= 255
    (folder / RECORDS).write_bytes(bytes(content))


def _truncate(folder: Path) -> None:
    (folder / RECORDS).write_bytes((folder / RECORDS).read_bytes()[:-20])


def _not_gzip(folder: Path) -> None:
    (folder / RECORDS).write_bytes(b"{}")


def _other_records(folder: Path) -> None:
    (folder / RECORDS).write_bytes(gzip.compress(b"{}\n"))


def _card(key: str, value: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        facts = json.loads((folder / CARD).read_text())
        (folder / CARD).write_text(json.dumps({**facts, key: value}))

    return change


def _record(key: str, value: Any) -> Callable[[Path], None]:
    return lambda folder: rewrite(folder, lambda documents: documents[1].update({key: value}))


def _drop_record(folder: Path) -> None:
    facts = json.loads((folder / CARD).read_text())
    rewrite(folder, lambda documents: documents.pop(), records=facts["records"])


def _flip_blocks(folder: Path) -> None:
    content = bytearray((folder / RECORDS).read_bytes())
    content[10:13] = b"\xff\xff\xff"
    (folder / RECORDS).write_bytes(bytes(content))


def _swap_second(folder: Path) -> None:
    """Exchange the architectures of the two second seeds, with the parameters that they have."""

    def change(documents: list[Any]) -> None:
        one, other = documents[6], documents[7]
        for key in ("architecture", "parameters"):
            one[key], other[key] = other[key], one[key]

    rewrite(folder, change)


def _key_twice(folder: Path) -> None:
    lines = gzip.decompress((folder / RECORDS).read_bytes()).splitlines(keepends=True)
    text = b"".join([*lines[:-1], lines[-1].replace(b"{", b'{"seed": 0, ', 1)])
    (folder / RECORDS).write_bytes(gzip.compress(text))
    facts = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**facts, "records_sha256": hashlib.sha256(text).hexdigest()}))


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "flipped bits": (_flip, "records.jsonl.gz: expected "),
    "flipped block": (_flip_blocks, "records.jsonl.gz: expected gzip-compressed JSON lines, found a damaged file"),
    "cut off": (_truncate, "records.jsonl.gz: expected gzip-compressed JSON lines, found a damaged file"),
    "no gzip": (_not_gzip, "records.jsonl.gz: expected gzip-compressed JSON lines, found a damaged file"),
    "other records": (_other_records, "expected records with the SHA-256 .* that card.json gives, found .*restore"),
    "another version": (_card("schema", 2), "card.json: expected a card of version 1, found version 2"),
    "no version": (_card("schema", None), "card.json: expected a card of version 1, found version None"),
    "unknown key": (_card("colour", 1), "card.json: colour: expected no such key"),
    "unknown space": (_card("space", "x"), "unknown space 'x'"),
    "no protocol": (_card("protocols", []), "card.json: protocols: "),
    "text for a flag": (_card("higher_is_better", "no"), "card.json: higher_is_better: expected a valid boolean"),
    "another recipe": (_card("recipe", {}), "card.json: recipe: space: Field required"),
    "a line too few": (_drop_record, "records.jsonl.gz: expected 8 records, found 7"),
    "a record by another recipe": (_record("recipe", "0" * 16), "line 2: expected a training by the recipe"),
    "a loss without a curve": (_record("curve", []), "line 2: .*a loss that ends the curve"),
    "a failed training with a loss": (_record("status", "failed"), "line 2: .*a loss where the status is ok"),
    "a point too few": (_record("curve", [[100, 2.0]]), "line 2: .*"),
    "tokens of other steps": (_record("tokens", 1), "line 2: expected the tokens of 100 steps, found 1"),
    "nan": (_record("loss", float("nan")), "line 2: loss: expected a finite number"),
    "a text for a loss": (_record("loss", "2.1"), "line 2: loss: expected a valid number"),
    "outside the space": (
        _record("architecture", {"space": "flexibert", "whole": {"hidden_size": 100}, "layers": [{}, {}]}),
        "line 2: architecture: hidden_size is 100",
    ),
    "no architecture": (_record("architecture", {}), "line 2: architecture: expected an object with the keys"),
    "another architecture with the second seed": (_swap_second, "line 7: expected the architecture of 0000 in line 1"),
    "a key twice": (_key_twice, "line 8: expected JSON, found the key 'seed' twice in one object"),
    "an id twice": (_record("id", "0000"), "expected each id once"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_table_is_named_in_one_line(folder: Path, name: str) -> None:
    damage, message = DAMAGES[name]
    damage(folder)
    with pytest.raises(InputError, match=message) as caught:
        load_table(str(folder))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [CARD, RECORDS])
def test_a_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(LpzeroError, match=name):
        load_table(str(folder))


def test_missing_records_are_missing_data(folder: Path) -> None:
    (folder / RECORDS).unlink()
    with pytest.raises(MissingError):
        read_folder(folder)


def test_a_name_that_is_neither(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown table 'x': expected one of .* the folder of a table"):
        load_table("x")


def test_what_cannot_be_written_says_so(tmp_path: Path, trained: Trained) -> None:
    recipe, records = trained(2)
    (tmp_path / "file").touch()
    with pytest.raises(LpzeroError, match="cannot be written"):
        write_folder(tmp_path / "file", card(recipe), records)
