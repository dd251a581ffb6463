"""Folders: whole or not there, and never over somebody's files."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from safetensors import SafetensorError

from lpzero.errors import InputError, LpzeroError
from lpzero.pretrained import write_configuration, write_model
from lpzero.pretrained.folder import check_configuration, is_point_of_file
from lpzero.spaces import Architecture, SearchSpace, get_space

Small = tuple[SearchSpace, Architecture]
FILES = ["README.md", "architecture.json", "config.json"]


def _listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_holds_the_architecture(tiny_gpt2: Small, tmp_path: Path) -> None:
    space, architecture = tiny_gpt2
    write_configuration(tmp_path / "deep" / "model", space, architecture, "score 3")
    assert _listed(tmp_path / "deep") == ["model"]
    assert _listed(tmp_path / "deep" / "model") == FILES
    document = json.loads((tmp_path / "deep" / "model" / "architecture.json").read_text())
    assert Architecture.from_json(document) == architecture
    assert (tmp_path / "deep" / "model" / "README.md").read_text().endswith("\n\nscore 3\n")


def test_a_folder_keeps_the_file_of_its_space(space_file: Path, tmp_path: Path) -> None:
    space = get_space(str(space_file))
    architecture = Architecture.of("tiny", {"n_embd": 12, "n_head": 2}, [{}])
    write_configuration(tmp_path / "a", space, architecture)
    write_model(tmp_path / "b", space, architecture, 0)
    for name in ("a", "b"):
        folder = tmp_path / name
        assert (folder / "space.toml").read_text() == space_file.read_text()
        assert is_point_of_file(folder)
        check_configuration(folder, space, architecture)
        other = Architecture.of("tiny", {"n_embd": 8, "n_head": 2}, [{}])
        expected = r"config\.json: n_embd: expected 8, as architecture\.json says, found 12: restore the file, or take "
        with pytest.raises(InputError, match=expected):
            check_configuration(folder, space, other)
    assert "`lpzero build . --out DIR`" in (tmp_path / "a" / "README.md").read_text()


def test_equal_models_give_equal_files(tiny_gpt2: Small, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_model(tmp_path / name, *tiny_gpt2, 7)
    for name in (*FILES, "model.safetensors"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_everyone_may_read_whom_the_umask_lets(tiny_gpt2: Small, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_model(tmp_path / "model", *tiny_gpt2, 0)
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "model").iterdir()}
    assert modes == {0o644}


def test_an_empty_folder_is_filled_and_stays_the_same_folder(tiny_gpt2: Small, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    number = folder.stat().st_ino
    write_model(folder, *tiny_gpt2, 0)
    assert _listed(folder) == [*FILES, "model.safetensors"]
    assert folder.stat().st_ino == number


def test_a_folder_with_something_in_it_is_left_as_it_is(tiny_gpt2: Small, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="is not empty and is left as it is"):
        write_model(folder, *tiny_gpt2, 0)
    with pytest.raises(InputError, match="is not empty and is left as it is"):
        write_configuration(folder, *tiny_gpt2)
    with pytest.raises(InputError, match="expected an empty folder or none, found a file"):
        write_configuration(folder / "mine.txt", *tiny_gpt2)
    with pytest.raises(InputError, match="found a file on its path"):
        write_configuration(folder / "mine.txt" / "model", *tiny_gpt2)
    assert _listed(folder) == ["mine.txt"]
    assert (folder / "mine.txt").read_text() == "mine"


FAILURES = [
    (KeyboardInterrupt(), KeyboardInterrupt, None),
    (OSError(28, "No space left on device"), LpzeroError, "model cannot be written: No space left on device"),
    (SafetensorError("I/O error: full"), LpzeroError, "model cannot be written: I/O error: full"),
]


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize(("failure", "kind", "words"), FAILURES, ids=["ctrl-c", "disk", "safetensors"])
def test_what_fails_leaves_nothing(
    tiny_gpt2: Small,
    there: bool,
    failure: BaseException,
    kind: type[BaseException],
    words: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise failure

    monkeypatch.setattr("transformers.modeling_utils.safe_save_file", full)
    if there:
        (tmp_path / "model").mkdir()
    with pytest.raises(kind, match=words):
        write_model(tmp_path / "model", *tiny_gpt2, 0)
    assert _listed(tmp_path) == (["model"] if there else [])
    assert not there or _listed(tmp_path / "model") == []


def test_a_wrong_architecture_writes_nothing(tiny_gpt2: Small, tmp_path: Path) -> None:
    space, _ = tiny_gpt2
    wrong = Architecture.of("gpt2", {"d_model": 65}, [{"d_inner": 64, "heads": 2}] * 2)
    for write in (
        lambda: write_model(tmp_path / "m", space, wrong, 0),
        lambda: write_configuration(tmp_path / "m", space, wrong),
    ):
        with pytest.raises(InputError, match="d_model is 65"):
            write()
    assert _listed(tmp_path) == []
