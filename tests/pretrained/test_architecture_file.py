"""Architectures as files: every form is read as the same value, and the space that it is of is found."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.pretrained.architecture_file import GivenArchitecture, read_architecture, space_of
from lpzero.pretrained.folder import write_configuration
from lpzero.spaces import Architecture, get_space

SMALL = Architecture.of("gpt2", {"d_model": 64}, [{"d_inner": 64, "heads": 2}, {"d_inner": 96, "heads": 4}])
TOML = """\
space = "gpt2"
protocol = "own"
[whole]
d_model = 64
[[layers]]
d_inner = 64
heads = 2
[[layers]]
d_inner = 96
heads = 4
"""


def _json(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document))
    return path


def _plain(folder: Path) -> tuple[Path, str | None]:
    return _json(folder / "a.json", SMALL.to_json()), None


def _with_protocol(folder: Path) -> tuple[Path, str | None]:
    return _json(folder / "a.json", {"protocol": "own", "architecture": SMALL.to_json(), "more": 1}), "own"


def _toml(folder: Path) -> tuple[Path, str | None]:
    (folder / "a.toml").write_text(TOML)
    return folder / "a.toml", "own"


def _folder(folder: Path) -> tuple[Path, str | None]:
    write_configuration(folder / "model", get_space("gpt2", "own"), SMALL)
    return folder / "model", "own"


def _folder_of_a_search(folder: Path) -> tuple[Path, str | None]:
    _json(folder / "architecture.json", SMALL.to_json())
    # the configuration of somebody else's model
    _json(folder / "config.json", {"model_type": "gpt2"})
    return folder, None


@pytest.mark.parametrize("form", [_plain, _with_protocol, _toml, _folder, _folder_of_a_search])
def test_every_form_is_the_same_value(tmp_path: Path, form: Callable[[Path], tuple[Path, str | None]]) -> None:
    path, protocol = form(tmp_path)
    given = read_architecture(str(path))
    assert (given.architecture, given.protocol) == (SMALL, protocol)
    assert given.source.startswith(str(path))
    space = space_of(given, None, "own")
    assert (space.name, space.protocol) == ("gpt2", "own")


def test_the_file_of_its_space_may_lie_beside_it(space_file: Path, tmp_path: Path, monkeypatch: Any) -> None:
    point = Architecture.of("tiny", {"n_embd": 12, "n_head": 2}, [{}])
    given = read_architecture(str(_json(space_file.parent / "a.json", point.to_json())))
    assert space_of(given, None, None) == get_space(str(space_file))
    # what comes from nowhere has nothing beside it
    monkeypatch.chdir(space_file.parent)
    with pytest.raises(InputError, match=r"^stdin: unknown space 'tiny': .*: `space` and `protocol` say another one$"):
        space_of(GivenArchitecture("stdin", point, None), None, None)
    assert space_of(GivenArchitecture("stdin", point, None), "space.toml", None).name == "tiny"


def test_the_file_in_a_folder_is_of_the_protocol_of_the_folder(tmp_path: Path) -> None:
    write_configuration(tmp_path / "one", get_space("gpt2", "own"), SMALL)
    alone = tmp_path / "one" / "architecture.json"
    assert read_architecture(str(alone)).protocol == "own"
    # the configuration beside it is of another architecture
    _json(alone, {**SMALL.to_json(), "layers": SMALL.to_json()["layers"][:1]})
    assert read_architecture(str(alone)).protocol is None


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(SMALL.to_json())))
    assert read_architecture("-") == GivenArchitecture("stdin", SMALL, None)
    monkeypatch.setattr("sys.stdin", io.StringIO("{"))
    with pytest.raises(InputError, match=r"^stdin: expected a JSON object, found Expecting property name"):
        read_architecture("-")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"space": "gpt2"}, "architecture: expected an object with the keys space, whole, layers"),
        ({**SMALL.to_json(), "layers": 3}, "expected text, an object and a list"),
        ({"architecture": 3}, "expected an object with the keys"),
        ({"architecture": SMALL.to_json(), "protocol": 3}, "protocol: expected text, found 3"),
        ({**SMALL.to_json(), "whole": {"d_model": None}}, "expected names with numbers or text, found 'd_model': None"),
    ],
)
def test_what_is_none_names_its_file(tmp_path: Path, document: Any, words: str) -> None:
    path = _json(tmp_path / "a.json", document)
    with pytest.raises(InputError) as caught:
        read_architecture(str(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)


def test_a_folder_without_one_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected a folder with architecture\.json, or with config\.json of lpzero"):
        read_architecture(str(tmp_path))
    with pytest.raises(InputError, match="no such file"):
        read_architecture(str(tmp_path / "absent.json"))


def test_what_was_said_comes_before_what_the_file_says() -> None:
    given = GivenArchitecture("a.json", SMALL, "lts")
    assert space_of(given, None, "own").protocol == "own"
    assert space_of(given, "gpt2", "own").protocol == "own"
    with pytest.raises(InputError, match=r"^a.json: "):
        space_of(given, None, None)


def test_where_nobody_said_the_fitting_protocols_are_shown() -> None:
    # the first protocol of the space is another one
    with pytest.raises(InputError, match=r"^a\.json: .* \(it fits `protocol` own\)$"):
        space_of(GivenArchitecture("a.json", SMALL, None), None, None)


def test_a_file_names_a_space_and_no_path(tmp_path: Path) -> None:
    elsewhere = Architecture.of(str(tmp_path), {}, [])
    with pytest.raises(InputError, match=r"^a\.json: unknown space .*: `space` and `protocol` say another one$"):
        space_of(GivenArchitecture("a.json", elsewhere, None), None, None)
    with pytest.raises(InputError, match=r"^unknown space 'nope': expected one of "):
        space_of(GivenArchitecture("a.json", SMALL, None), "nope", None)


def test_a_sub_network_has_no_weights_of_its_own() -> None:
    architecture = Architecture.of("llama", {}, [{"intermediate_size": 8, "heads": 2, "kv_heads": 1}])
    given = GivenArchitecture("a.json", architecture, "subnet-0123456789abcdef")
    with pytest.raises(InputError, match=r"cut it out with lpzero build a.json --space CHECKPOINT_FOLDER --out DIR$"):
        space_of(given, None, None)
