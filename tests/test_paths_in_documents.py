"""No document says which files are opened or written: names in it are names, never paths."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pytest

from benchmarks.fuzz import seeds
from benchmarks.fuzz.targets import TARGETS
from lpzero.errors import InputError
from lpzero.pretrained.architecture_file import read_architecture, space_of
from lpzero.settings import read_bounded, read_document
from lpzero.spaces import get_space
from lpzero.tables import TABLES, load_table
from lpzero.tables.folder import MeasuredRecord, write_folder
from lpzero.tables.naming import check_names

PACKAGE = Path(__file__).resolve().parents[1] / "lpzero"
HOSTILE = ("../../x", "/tmp/x", "..", ".", "a/b", "a\\b", "C:x", "x\0y", "a" * 5000, "~root", "file:///x", "")  # noqa: S108
NAMES = (*HOSTILE, "CON", "x.", " ")


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class Opened:
    """What the interpreter opens while it is asked to listen."""

    def __init__(self) -> None:
        self.paths: list[str] | None = None
        sys.addaudithook(self.hear)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Keep the path of a file that is opened."""
        if event == "open" and self.paths is not None:
            self.paths.append(str(arguments[0]))


OPENED: list[Opened] = []


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """The paths that are opened in the test; the hook itself can never be taken away."""
    if not OPENED:
        OPENED.append(Opened())
    OPENED[0].paths = []
    yield OPENED[0].paths
    OPENED[0].paths = None


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A space that nobody may find through a document, and the folder of one that is read."""
    (tmp_path / "outside.toml").write_text(seeds.spaces()[0])
    (tmp_path / "inside").mkdir()
    return tmp_path


@pytest.mark.parametrize("reference", ["../outside.toml", "outside.toml", "{}/outside.toml", "..", "{}"])
def test_the_space_of_an_architecture_is_no_path(
    reference: str, outside: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(outside)
    path = outside / "inside" / "a.json"
    path.write_text(json.dumps({**json.loads(seeds.architectures()[1]), "space": reference.format(outside)}))
    given = read_architecture(str(path))
    with pytest.raises(InputError, match="unknown space"):
        space_of(given, None, None)
    assert not [one for one in opened if "outside.toml" in one]


@pytest.mark.parametrize("reference", ["../outside.toml", "outside.toml", "{}/outside.toml", "..", "{}"])
def test_the_space_of_a_table_is_no_path(
    reference: str, outside: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(outside)
    card = {**json.loads(seeds.card("llama-own")), "space": reference.format(outside)}
    with pytest.raises(InputError, match="unknown space"):
        TARGETS["card.json, imported"].read(json.dumps(card).encode(), outside / "inside")
    assert not [one for one in opened if "outside.toml" in one]


def test_a_path_that_a_user_gives_is_one(outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(outside)
    assert get_space("outside.toml").name == "bert-bytes"


@pytest.mark.parametrize("name", NAMES)
def test_the_ids_of_records_are_no_paths(name: str, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in seeds.records("llama-own").splitlines()]
    lines[0]["id"] = name
    card = json.loads(seeds.card("llama-own"))
    facts = {key: value for key, value in card.items() if key not in ("schema", "records", "records_sha256")}
    folder = tmp_path / "inside"
    write_folder(folder, facts, [MeasuredRecord(**line) for line in lines])
    before = tree(tmp_path)
    table = load_table(str(folder))
    assert table.records[0].id == name
    keys = [get_space("llama", "own").key(record.architecture) for record in table.records]
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in keys)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("name", [*HOSTILE, "-x", "a b", "\ud800"])
def test_a_table_has_a_name_that_is_no_path(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a name of letters"):
        check_names(name, tmp_path / "folder")


@pytest.mark.parametrize("name", [name for name in HOSTILE if name])
def test_a_space_file_has_a_name_that_is_no_path(name: str, tmp_path: Path) -> None:
    text = seeds.spaces()[0].replace('"bert-bytes"', json.dumps(name))
    with pytest.raises(InputError, match="name: expected 1 to 64 letters"):
        TARGETS["space.toml"].read(text.encode(), tmp_path)


@pytest.mark.parametrize("name", ["../../x", "/x", "config_0/../../x_j0", "config_0_j0/../x", "config_0_j0\n"])
def test_the_records_of_a_published_table_are_no_paths(name: str, tmp_path: Path, opened: list[str]) -> None:
    (tmp_path / "inside").mkdir()
    content = f"{json.dumps(name)}:\n  valid_ppl: 2.0\n\n---\n{seeds.LTS_CONFIG}"
    with pytest.raises(InputError, match="expected records with names such as config_0_j0"):
        TARGETS["lts, YAML"].read(content.encode(), tmp_path / "inside")
    assert all(".." not in one for one in opened)


@pytest.mark.parametrize("name", ["../y.safetensors", "/y.safetensors", "a/b.safetensors", "C:y.safetensors", "..", ""])
def test_a_shard_lies_beside_its_index(name: str, tmp_path: Path, opened: list[str]) -> None:
    with pytest.raises(InputError, match=r"expected the name of a \.safetensors file beside it"):
        TARGETS["safetensors index"].read(json.dumps({"weight_map": {"a": name}}).encode(), tmp_path)
    assert not [one for one in opened if one.endswith(name) and name]


@pytest.mark.parametrize("name", NAMES)
def test_the_names_in_a_run_are_no_paths(name: str, tmp_path: Path) -> None:
    """The run, the table and the ids of a result are shown, never opened."""
    (tmp_path / "inside").mkdir()
    document = {**json.loads(seeds.result()), "run": name, "table": name, "table_sha256": name, "protocol": name}
    before = set(tree(tmp_path))
    for target in ("evolve start, split, best", "best.json to export", "proxy.json"):
        TARGETS[target].read(json.dumps(document).encode(), tmp_path / "inside")
    assert all(path.startswith(f"{tmp_path}/inside/") for path in set(tree(tmp_path)) - before)


@pytest.mark.parametrize("name", [name for name, entry in TABLES.items() if entry.published is not None])
def test_a_download_stays_in_its_folder(name: str) -> None:
    published = TABLES[name].published
    assert published is not None
    assert published.files
    for file, digest in published.files.items():
        assert not PurePosixPath(file).is_absolute()
        assert not PureWindowsPath(file).drive
        assert ".." not in PurePosixPath(file).parts
        assert re.fullmatch("[0-9a-f]{64}", digest)
        assert published.address(file).startswith("https://raw.githubusercontent.com/")


ARRAYS = Path("predictors/kept/arrays.py")
"""Looks into the arrays of NumPy, which are a zip file in memory: no name in it becomes a path."""


def test_no_archive_is_unpacked() -> None:
    """gzip has no names in it; what has some is not read at all, or never written to a file."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                named = [a.name for a in node.names] + ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
                archives = {"zipfile", "tarfile", "zipimport"} & {name.split(".")[0] for name in named}
                assert archives <= ({"zipfile"} if path == PACKAGE / ARRAYS else set()), path
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("extractall", "unpack_archive", "Unzip", "Untar"), path


def test_a_device_that_never_ends_is_no_file() -> None:
    with pytest.raises(ValueError, match="more than 1000 bytes"):
        read_bounded(Path("/dev/zero"), 1000)
    with pytest.raises(InputError, match="expected a JSON object, found more than 1000 bytes"):
        read_document(Path("/dev/zero"), largest=1000)
