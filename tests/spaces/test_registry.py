"""Spaces are found by name, by file, by folder and through entry points."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.spaces import SPACES, get_space, space_names
from lpzero.spaces.registry import lacked_families
from tests.conftest import Install

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "spaces" / "gpt2.toml"

MODULE = """
from dataclasses import dataclass
from typing import ClassVar
from lpzero.errors import InputError
from lpzero.spaces import Gpt2

@dataclass(frozen=True)
class Small(Gpt2):
    protocol: str = "own"
    name: ClassVar[str] = "small-gpt2"

def misnamed(): return Gpt2("own")
def unknown(): return object()
def failing(): raise RuntimeError("no\\nluck")
def refusing(protocol=None): raise InputError("not today")
constant = 3
"""

Put = Callable[..., None]


@pytest.fixture
def put(install: Install) -> Put:
    """Installs a package with spaces by their names, each a part of ``MODULE``."""

    def spaces(package: str = "lpzero_tiny", **entries: str) -> None:
        install(package, MODULE, {"spaces": {name.replace("_", "-"): value for name, value in entries.items()}})

    return spaces


def test_a_name_is_that_of_a_space_of_the_package() -> None:
    for name in SPACES:
        assert get_space(name).name == name
    assert space_names()[: len(SPACES)] == tuple(SPACES)


def test_another_package_brings_a_space(put: Put) -> None:
    put(small_gpt2="Small", broken="nothing")
    assert space_names() == (*SPACES, "broken", "small-gpt2")
    assert "lpzero_tiny" not in sys.modules
    space = get_space("small-gpt2")
    assert (space.name, space.protocol, space.reference) == ("small-gpt2", "own", "small-gpt2")
    assert get_space("small-gpt2", "own") == space
    with pytest.raises(InputError, match="unknown protocol 'best'"):
        get_space("small-gpt2", "best")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("nothing", "it cannot be loaded: AttributeError: .*nothing"),
        ("constant", "expected a class or function that makes it, found TypeError: 'int' object is not callable"),
        ("failing", "expected a class or function that makes it, found RuntimeError: no luck"),
        ("unknown", "expected a search space, found object without name, reference, protocol"),
        ("misnamed", "expected a space of that name, found one called 'gpt2'"),
    ],
)
def test_a_package_that_brings_no_space_is_named(put: Put, value: str, said: str) -> None:
    put(mine=value)
    with pytest.raises(InputError, match=rf"space 'mine', lpzero_tiny:{value} of lpzero_tiny: {said}") as caught:
        get_space("mine")
    assert "\n" not in str(caught.value)


def test_what_a_package_says_itself_is_passed_on_with_its_name(put: Put) -> None:
    put(mine="refusing")
    with pytest.raises(InputError, match=r"^space 'mine', lpzero_tiny:refusing of lpzero_tiny: not today$"):
        get_space("mine")


def test_two_packages_cannot_bring_one_name(put: Put) -> None:
    put(mine="Small")
    put("lpzero_other", mine="Small")
    with pytest.raises(InputError, match=r"expected one package that brings it, found lpzero_.* of lpzero_"):
        get_space("mine")
    assert space_names().count("mine") == 1


def test_a_file_is_a_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(EXAMPLE.read_text())
    monkeypatch.chdir(tmp_path)
    space = get_space("mine.toml")
    assert space.reference == str(path.resolve())
    for protocol in (None, "config", space.protocol):
        assert get_space(space.reference, protocol) == space
    with pytest.raises(InputError, match=rf"mine\.toml: expected the protocol {space.protocol}, found 'own'"):
        get_space("mine.toml", "own")
    path.write_text(EXAMPLE.read_text().replace("[2, 3, 4]", "[2, 3]", 1))
    with pytest.raises(InputError, match=f"mine.toml: changed since: expected what had the protocol {space.protocol}"):
        get_space("mine.toml", space.protocol)
    path.write_text(EXAMPLE.read_text().replace("gpt2-bytes", "gpt2"))
    with pytest.raises(InputError, match=r"mine\.toml: name: expected another one, found 'gpt2'"):
        get_space("mine.toml")


def test_what_is_no_space_is_said_with_what_is_expected(tmp_path: Path) -> None:
    expected = (
        rf"unknown space 'flexbert': expected one of {', '.join(SPACES)}, a space\.toml, the folder of a checkpoint"
    )
    with pytest.raises(InputError, match=expected):
        get_space("flexbert")
    with pytest.raises(InputError, match="unknown space ''"):
        get_space("")
    with pytest.raises(InputError, match=r"none\.toml: no such file"):
        get_space(str(tmp_path / "none.toml"))


def test_a_folder_is_a_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=str(tmp_path)):
        get_space(str(tmp_path))


def test_listing_the_spaces_loads_no_torch() -> None:
    program = (
        "import sys\n"
        "from lpzero.spaces import space_names\n"
        "space_names()\n"
        "print({'torch', 'transformers'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "set()\n"), done.stderr


def test_a_folder_with_a_file_is_answered_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "space.toml").write_text(EXAMPLE.read_text())
    with pytest.raises(InputError, match=rf"expected the file of a space, .*: give {tmp_path / 'space.toml'}$"):
        get_space(str(tmp_path))


def test_what_the_models_of_a_space_lack_is_what_their_site_maps_say() -> None:
    space = get_space("rnn")
    model: Any = space.build(space.sample(np.random.default_rng(0)), 0)
    assert lacked_families("rnn") == dict(model.site_map().lacks).keys() == {"attention", "head"}
    for name in (*(one for one in SPACES if one != "rnn"), "no-such-space", "mine.toml", "a/folder"):
        assert lacked_families(name) == frozenset()
