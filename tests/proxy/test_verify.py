"""Verification: the hashes, the records, and every figure of a card."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.proxy.card import own_card
from lpzero.proxy.verify import verify
from lpzero.tables.folder import CARD, write_folder
from lpzero.tables.recipe import Recipe
from lpzero.tables.trained import TrainedRecord

Trained = Callable[..., tuple[Recipe, tuple[TrainedRecord, ...]]]


@pytest.fixture
def folder(tmp_path: Path, trained: Trained) -> Path:
    """A whole table with its card."""
    recipe, records = trained(12, repeated=4)
    write_folder(tmp_path / "small", own_card("small", recipe, records, {"python": "3"}, ()), records)
    return tmp_path / "small"


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
    # 5 of the quality and its number, 4 of the noise, 6 of the training, and 7 of each of six baselines
    assert found["figures"] == 5 + 4 + 6 + 6 * 7


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("n",), 13),
        (("quality", "sd"), 0.5),
        (("noise", "ceiling"), 0.999),
        (("noise", "sd"), None),
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
