"""Verification: the hashes, the records, and every figure of a card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError, MissingError
from lpzero.tables import TABLES
from lpzero.tables.folder import CARD, RECORDS, read_folder, write_folder
from lpzero.tables.locate import bundled_folder
from lpzero.tables.recipe import Recipe
from lpzero.tables.training_record import TrainedRecord
from lpzero.training.card import own_card
from lpzero.training.verification import verify

Trained = Callable[..., tuple[Recipe, tuple[TrainedRecord, ...]]]


@pytest.fixture
def folder(tmp_path: Path, trained: Trained) -> Path:
    """A whole table with its card."""
    recipe, records = trained(12, repeated=4)
    write_folder(tmp_path / "small", own_card("small", recipe, records, {"python": "3"}, ()), records)
    return tmp_path / "small"


@pytest.fixture(scope="module")
def gpt2_own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package folder with gpt2-own, its card derived from its records."""
    entry, held = TABLES["gpt2-own"], read_folder(bundled_folder("gpt2-own"))
    assert held.recipe is not None
    card = own_card(entry.name, held.recipe, held.trainings, held.card.environment or {}, entry.notes)
    package = tmp_path_factory.mktemp("package")
    folder = package / "bundled" / entry.name
    write_folder(folder, {**card, "source": entry.source, "licence": entry.licence}, held.trainings)
    return package


@pytest.fixture
def bundled(gpt2_own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of gpt2-own in a copy of that package, which is taken for the installed one."""
    shutil.copytree(gpt2_own, tmp_path / "package")
    monkeypatch.setitem(bundled_folder.__globals__, "__file__", str(tmp_path / "package" / "locate.py"))
    return tmp_path / "package" / "bundled" / "gpt2-own"


def change(folder: Path, *path: str, value: Any) -> None:
    """Change one figure of the card."""
    card = json.loads((folder / CARD).read_text())
    place = card["figures"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (folder / CARD).write_text(json.dumps(card))


def test_a_whole_table_has_no_fault(folder: Path) -> None:
    found = verify(str(folder))
    assert found["faults"] == []
    assert (found["files"], found["records"]) == (2, 16)
    # 5 of the quality and its number, 14 of the noise, 7 of the training, 7 of each of eight baselines and 5 of each of
    # three operations
    assert found["figures"] == 5 + 14 + 7 + 8 * 7 + 3 * 5


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("n",), 13),
        (("quality", "sd"), 0.5),
        (("noise", "ceiling"), 0.999),
        (("noise", "sd"), None),
        (("noise", "freedom"), 5),
        (("noise", "sd_interval"), [0.0, 1.0]),
        (("noise", "ceiling_interval"), [0.0, 1.0]),
        (("operations", "DSC", "tau_b"), 0.5),
        (("operations",), None),
        (("training", "below_unigram"), 0.5),
        (("training", "statuses"), {"ok": 15, "failed": 1}),
        (("baselines", "depth", "tau_a"), 0.123),
        (("baselines", "params", "interval"), [0.0, 1.0]),
    ],
)
def test_a_wrong_figure_is_found_and_named(folder: Path, path: tuple[str, ...], value: Any) -> None:
    change(folder, *path, value=value)
    faults = verify(str(folder))["faults"]
    assert faults
    assert all(fault.startswith("figures." + ".".join(path)) for fault in faults)


def test_a_figure_that_the_records_do_not_give_is_found(folder: Path) -> None:
    change(folder, "colour", value=1)
    assert verify(str(folder))["faults"] == [
        "figures.colour: expected in the card and from the records, found in one of them only"
    ]


def test_figures_that_are_drawn_may_differ_by_a_little(folder: Path) -> None:
    figures = json.loads((folder / CARD).read_text())["figures"]
    change(folder, "noise", "ceiling", value=figures["noise"]["ceiling"] + 0.02)
    low, high = figures["baselines"]["depth"]["interval"]
    change(folder, "baselines", "depth", "interval", value=[low + 0.02, high - 0.02])
    assert verify(str(folder))["faults"] == []
    change(folder, "baselines", "depth", "tau_a", value=figures["baselines"]["depth"]["tau_a"] + 1e-4)
    change(folder, "noise", "ceiling", value=figures["noise"]["ceiling"] - 0.04)
    assert [fault.partition(":")[0] for fault in verify(str(folder))["faults"]] == [
        "figures.noise.ceiling",
        "figures.baselines.depth.tau_a",
    ]


def test_a_card_with_a_recipe_needs_figures(folder: Path) -> None:
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, "figures": {}}))
    assert verify(str(folder))["faults"] == [
        "figures: expected those of the trainings, since there is a recipe, found none: restore the card"
    ]


def test_a_training_with_the_parameters_of_another_architecture_is_named(tmp_path: Path, trained: Trained) -> None:
    recipe, records = trained(12, repeated=4)
    counts = records[13].parameters
    wrong = records[13].model_copy(update={"parameters": {**counts, "total": counts["total"] + 1}})
    changed = (*records[:13], wrong, *records[14:])
    write_folder(tmp_path / "small", own_card("small", recipe, changed, {}, ()), changed)
    assert verify(str(tmp_path / "small"))["faults"] == [
        f"record 0001 with seed 1: parameters.total: expected {counts['total']}, as its architecture has, found "
        f"{counts['total'] + 1}: restore the records"
    ]


def test_a_table_of_the_package_is_as_the_list_of_tables_says(bundled: Path) -> None:
    assert verify("gpt2-own")["faults"] == []


def test_a_card_that_says_something_else_than_the_list_of_tables_is_found(bundled: Path) -> None:
    card = json.loads((bundled / CARD).read_text())
    texts = dict.fromkeys(("name", "quality", "unit", "source", "licence"), "x")
    changed = {**texts, "protocols": ["own", "lts"], "notes": []}
    (bundled / CARD).write_text(json.dumps({**card, **changed}))
    faults = verify("gpt2-own")["faults"]
    assert {fault.partition(":")[0] for fault in faults} == set(changed)
    assert len(faults) == len(changed)
    assert "licence: expected 'Apache-2.0', as the list of tables has it, found 'x': install lpzero again" in faults


def test_other_records_than_the_pinned_ones_are_found(bundled: Path) -> None:
    held = read_folder(bundled)
    shorter = held.trainings[1:]
    card = own_card("gpt2-own", held.recipe, shorter, {}, held.card.notes)  # type: ignore[arg-type]
    write_folder(bundled, {**card, "source": held.card.source, "licence": held.card.licence}, shorter)
    faults = verify("gpt2-own")["faults"]
    assert [fault.partition(":")[0] for fault in faults] == ["n", "records_sha256"]
    assert all(fault.endswith("install lpzero again") for fault in faults)


def test_a_table_that_the_package_lacks(bundled: Path) -> None:
    (bundled / RECORDS).unlink()
    with pytest.raises(MissingError, match=r"table gpt2-own is missing from the package: .*: install lpzero again$"):
        verify("gpt2-own")
    (bundled / RECORDS).write_bytes(b"{}")
    with pytest.raises(InputError, match=r"table gpt2-own is damaged: .*: install lpzero again$"):
        verify("gpt2-own")


def test_the_home_of_nobody() -> None:
    with pytest.raises(InputError, match=r"^~nosuchuser/x: expected the home of a user of this machine, found none"):
        verify("~nosuchuser/x")


def test_published_files_are_hashed(data: Path) -> None:
    found = verify("flexibert-glue")
    assert found == {"files": 1, "records": 500, "figures": 0, "faults": []}


def test_a_published_file_that_changed_is_named(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "flexibert" / "BERT_benchmark.json"
    file.parent.mkdir()
    file.write_bytes((data / "flexibert" / "BERT_benchmark.json").read_bytes().replace(b"glue", b"GLUE", 1))
    monkeypatch.setenv("LPZERO_DATA", str(tmp_path))
    found = verify("flexibert-glue")
    assert found["records"] == 0
    assert len(found["faults"]) == 1
    assert "expected SHA-256" in found["faults"][0]


def test_an_unknown_table() -> None:
    with pytest.raises(InputError, match="unknown table"):
        verify("x")
