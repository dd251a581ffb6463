"""The file of a space beside a document: it is found by the document's folder, and must be the one that it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.spaces import get_space
from lpzero.spaces.beside import SPACE_FILE, keep_space, lies_beside, space_beside
from tests.compression.sub_networks.small import small_space


def test_a_space_is_found_by_the_copy_that_was_kept_of_it(space_file: Path, tmp_path: Path) -> None:
    space, folder = get_space(str(space_file)), tmp_path / "kept"
    keep_space(folder, space)
    shutil.rmtree(space_file.parent)
    found = space_beside(folder / "card.json", "tiny", space.protocol)
    assert found.reference == str(folder / SPACE_FILE)
    assert (found.name, found.protocol, found.choices) == (space.name, space.protocol, space.choices)


def test_whether_a_file_lies_there_is_seen_of_every_kind(space_file: Path, tmp_path: Path) -> None:
    networks = small_space(tmp_path)
    assert lies_beside(space_file.parent) and lies_beside(Path(networks.reference).parent)
    assert not lies_beside(tmp_path) and not lies_beside(tmp_path / "nowhere")


def test_equal_files_are_tried_once(space_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = get_space(str(space_file))
    keep_space(tmp_path, space)
    monkeypatch.setattr("lpzero.spaces.toml.file.try_values", None)
    assert space_beside(tmp_path / "card.json", "tiny", None).protocol == space.protocol


def test_a_space_with_a_name_keeps_no_file_and_looks_at_none(space_file: Path, tmp_path: Path) -> None:
    keep_space(tmp_path, get_space("gpt2"))
    assert not (tmp_path / SPACE_FILE).exists()
    assert space_beside(space_file.parent / "card.json", "gpt2", "own").protocol == "own"


def test_without_its_file_the_place_for_it_is_named(tmp_path: Path) -> None:
    expected = rf"^.*card\.json: unknown space 'tiny': expected one of .*: copy it to {tmp_path / SPACE_FILE}$"
    with pytest.raises(InputError, match=expected):
        space_beside(tmp_path / "card.json", "tiny", None)
    with pytest.raises(InputError, match=r"card\.json: unknown protocol 'x': expected one of lts, own"):
        space_beside(tmp_path / "card.json", "gpt2", "x")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[8, 12]", "[8, 16]", "changed since: expected what had the protocol config-[0-9a-f]+, found config-"),
        ('"tiny"', '"other"', "changed since: expected what had the protocol config-"),
        ('name = "tiny"', "name = ", "expected TOML, found"),
        ("n_embd =", "n_emb =", "choices.n_emb: gpt2 has no such field"),
    ],
)
def test_a_file_that_is_another_one_is_refused(space_file: Path, old: str, new: str, words: str) -> None:
    protocol = get_space(str(space_file)).protocol
    space_file.write_text(space_file.read_text().replace(old, new))
    with pytest.raises(InputError, match=f"^{space_file}: {words}") as caught:
        space_beside(space_file.parent / "card.json", "tiny", protocol)
    assert "\n" not in str(caught.value)


def test_the_name_in_the_document_is_that_of_the_file(space_file: Path) -> None:
    with pytest.raises(InputError, match=r"expected the space 'mine' that a\.json names, found 'tiny': restore the"):
        space_beside(space_file.parent / "a.json", "mine", None)


def test_sub_networks_of_a_checkpoint_are_found_by_their_file(tmp_path: Path) -> None:
    space = small_space(tmp_path)
    document = Path(space.reference).parent / "card.json"
    assert space_beside(document, space.name, space.protocol) == space
    with pytest.raises(InputError, match="expected the space 'other'"):
        space_beside(document, "other", None)
