"""The file of a checkpoint's sub-networks: round trip, and whatever else may lie there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lpzero.compression.sub_networks.file import CHECKPOINT, FILE, read_file, write_file
from lpzero.errors import InputError, MissingError
from tests.compression.sub_networks.small import UNITS
from tests.compression.tiny import checkpoint_folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    checkpoint_folder(tmp_path / "full")
    (tmp_path / "table").mkdir()
    return write_file(tmp_path / "table", tmp_path / "full", UNITS)


def test_what_was_written_is_read_and_names_no_path(file: Path, tmp_path: Path) -> None:
    found = read_file(file)
    assert found.units == UNITS
    assert found.checkpoint == (tmp_path / "full").resolve()
    assert str(tmp_path) not in file.read_text()


def test_units_stay_in_the_order_that_the_file_gives() -> None:
    choice = UNITS.choice([1, 0, 2], [4, 4, 0])
    assert [one.groups for one in choice.layers] == [(1,), (), (0, 1)]
    assert [one.neurons for one in choice.layers] == [(0, 1, 2, 3), (6, 7, 8, 9), ()]


def test_another_checkpoint_is_refused(file: Path, tmp_path: Path) -> None:
    checkpoint_folder(tmp_path / "other", seed=1)
    (file.parent / CHECKPOINT).unlink()
    with pytest.raises(MissingError, match="put the folder there"):
        read_file(file)
    shutil.copytree(tmp_path / "other", file.parent / CHECKPOINT)
    with pytest.raises(InputError, match="has changed since"):
        read_file(file)


def _set(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: document.update({name: value})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set("widths", [0, 4, 4, 10]), "widths"),
        (_set("widths", [0, 4]), "widths"),
        (_set("groups", [[1, 0], [0, 0], [1, 0]]), "groups: layer 1"),
        (_set("neurons", [list(range(10))]), "neurons"),
        (_set("schema", 2), "schema"),
        (_set("path", "/etc"), "path"),
        (lambda document: document.pop("checkpoint"), "checkpoint"),
    ],
)
def test_a_damaged_file_is_refused_by_its_name(file: Path, change: Callable[[dict[str, Any]], Any], said: str) -> None:
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))
    with pytest.raises(InputError, match=f"{FILE}.*{said}"):
        read_file(file)
