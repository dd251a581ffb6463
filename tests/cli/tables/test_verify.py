"""``lpzero tables verify``: whole tables pass, and each kind of damage is found and named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lpzero.cli.main import run
from lpzero.tables import load_trained
from lpzero.tables.folder import write_folder
from lpzero.training.card import own_card

Verified = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    _, trainings, recipe = load_trained("gpt2-own")
    assert recipe is not None
    folder = tmp_path_factory.mktemp("tables") / "few"
    write_folder(folder, own_card("few", recipe, trainings[:8], {}, ()), trainings[:8])
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A table to spoil."""
    return Path(shutil.copytree(whole, tmp_path / "few"))


@pytest.fixture
def verified(capsys: pytest.CaptureFixture[str]) -> Verified:
    def ask(code: int, *names: str) -> list[dict[str, Any]]:
        assert run(["tables", "verify", *names, "--json"]) == code
        captured = capsys.readouterr()
        document: dict[str, Any] = json.loads(captured.out)
        assert (code == 0) == (captured.err == "")
        rows: list[dict[str, Any]] = document["tables"]
        return rows

    return ask


def _card(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    card = json.loads((folder / "card.json").read_text())
    change(card)
    (folder / "card.json").write_text(json.dumps(card))


def test_a_whole_table_passes(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tables", "verify", str(whole)]) == 0
    captured = capsys.readouterr()
    row = captured.out.splitlines()[-1].split()
    # two files, its records, and no fault
    assert row[:3] == [str(whole), "2", "8"]
    assert int(row[3]) > 50
    assert (row[4], captured.err) == ("0", "")


def test_published_files_are_hashed(data: Path, monkeypatch: pytest.MonkeyPatch, verified: Verified) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    (row,) = verified(0, "flexibert-glue")
    assert row == {"table": "flexibert-glue", "files": 1, "records": 500, "figures": 0, "faults": []}


def test_a_published_file_that_was_changed_is_named(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verified: Verified
) -> None:
    source = data / "flexibert" / "BERT_benchmark.json"
    (tmp_path / "flexibert").mkdir()
    (tmp_path / "flexibert" / source.name).write_bytes(source.read_bytes() + b" ")
    monkeypatch.setenv("LPZERO_DATA", str(tmp_path))
    (row,) = verified(2, "flexibert-glue")
    assert row["records"] == 0
    assert row["faults"][0].startswith(f"{tmp_path}/flexibert/{source.name}: expected SHA-256 ")
    assert row["faults"][0].endswith("...: fetch it again")


def test_a_card_that_says_something_else_is_found(folder: Path, verified: Verified) -> None:
    def change(card: dict[str, Any]) -> None:
        card["figures"]["quality"]["min"] += 0.01
        del card["figures"]["quality"]["max"]
        card["figures"]["more"] = 1

    _card(folder, change)
    (row,) = verified(2, str(folder))
    assert sorted(fault.partition(": ")[0] for fault in row["faults"]) == [
        "figures.more",
        "figures.quality.max",
        "figures.quality.min",
    ]
    assert (
        sum(": expected in the card and from the records, found in one of them" in fault for fault in row["faults"])
        == 2
    )
    assert sum(": the card says " in fault for fault in row["faults"]) == 1


def test_a_card_without_its_figures_is_found(folder: Path, verified: Verified) -> None:
    _card(folder, lambda card: card.update(figures={}))
    (row,) = verified(2, str(folder))
    expected = "figures: expected those of the trainings, since there is a recipe, found none: restore the card"
    assert row["faults"] == [expected]


def test_what_ends_a_verification_is_its_only_fault(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verified: Verified
) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(tmp_path))
    (folder / "records.jsonl.gz").write_bytes(b"{}")
    rows = verified(2, "gpt2-wt103", str(folder))
    assert [(row["files"], row["records"], row["figures"]) for row in rows] == [(None, None, None)] * 2
    assert [len(row["faults"]) for row in rows] == [1, 1]
    # only where all of them are missing are data missing
    assert len(verified(3, "gpt2-wt103", "transxl-wt103")) == 2
