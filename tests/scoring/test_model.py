"""What a user gives as a model: each form is read as what it is, and its weights follow from the seed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lpzero.errors import InputError, MissingError
from lpzero.pretrained.folder import write_configuration, write_model
from lpzero.scoring.model import load_model
from lpzero.seeds import derived_seed
from lpzero.spaces import Architecture, get_space
from lpzero.spaces.toml.file import read_space
from lpzero.spaces.toml.space import ConfigSpace
from lpzero.tables import load_table

GPT2 = {"model_type": "gpt2", "n_layer": 1, "n_embd": 16, "n_head": 2, "vocab_size": 60, "n_positions": 32}
MODEL = """
import torch
from torch import nn
def build_model():
    return nn.Linear(3, 2)
"""


@pytest.fixture(scope="module")
def architecture() -> Architecture:
    return load_table("gpt2-own").records[0].architecture


def _state(model: nn.Module) -> list[torch.Tensor]:
    return list(model.state_dict().values())


def _equal(one: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(_state(one), _state(other), strict=True))


@pytest.fixture
def forms(tmp_path: Path, architecture: Architecture) -> dict[str, Path]:
    """An untrained model in every form, by what it is."""
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "config.json").write_text(json.dumps(GPT2))
    document = {"protocol": "own", "architecture": architecture.to_json()}
    (tmp_path / "architecture.json").write_text(json.dumps(document))
    (tmp_path / "bare.json").write_text(json.dumps(architecture.to_json()))
    write_configuration(tmp_path / "folder", get_space("gpt2", "own"), architecture)
    return {
        **{"python": tmp_path / "model.py", "transformers": tmp_path / "config.json"},
        **{"architecture": tmp_path / "architecture.json", "folder": tmp_path / "folder"},
    }


@pytest.mark.parametrize("form", ["python", "transformers", "architecture", "folder"])
def test_the_weights_follow_from_the_seed_alone(forms: dict[str, Path], form: str) -> None:
    path, before = str(forms[form]), torch.random.get_rng_state()
    one, again, other = (load_model(path, seed) for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert _equal(one.model, again.model)
    assert not _equal(one.model, other.model)
    assert one.example is None


def test_an_architecture_has_the_weights_that_every_command_gives_it(
    forms: dict[str, Path], architecture: Architecture
) -> None:
    space = get_space("gpt2", "own")
    expected = space.build(architecture, derived_seed(7, "weights", space.key(architecture)))
    assert isinstance(expected, nn.Module)
    for form in ("architecture", "folder"):
        found = load_model(str(forms[form]), 7)
        assert _equal(found.model, expected), form
        assert found.architecture == architecture
        assert found.space is not None
        assert (found.space.name, found.space.protocol) == ("gpt2", "own")


def test_a_saved_model_of_ours_has_its_own_weights_and_its_space(tmp_path: Path, architecture: Architecture) -> None:
    space = get_space("gpt2", "own")
    write_model(tmp_path / "saved", space, architecture, 5)
    one, other = (load_model(str(tmp_path / "saved"), seed) for seed in (0, 1))
    assert _equal(one.model, other.model)
    built: Any = space.build(architecture, 5)
    assert sum(float(x.double().abs().sum()) for x in _state(one.model)) == pytest.approx(
        sum(float(x.double().abs().sum()) for x in _state(built)), rel=1e-9
    )
    assert one.architecture == architecture
    assert one.space is not None
    assert one.space.protocol == "own"


def test_a_model_of_somebody_else_has_no_space(forms: dict[str, Path]) -> None:
    for form in ("python", "transformers"):
        found = load_model(str(forms[form]), 0)
        assert (found.space, found.architecture) == (None, None)


def test_an_example_batch_is_kept(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(MODEL + "def example_batch():\n    return torch.ones(1, 3)\n")
    assert torch.equal(load_model(str(tmp_path / "m.py"), 0).example, torch.ones(1, 3))


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("absent.json", InputError, "absent.json: no such file or folder: expected model.py, a configuration JSON or"),
        ("a/b/c", InputError, "a/b/c: no such file or folder: expected"),
        ("../up", InputError, "../up: no such file or folder"),
        ("nobody/nothing", MissingError, "download it there with hf download nobody/nothing"),
        ("model.bin", InputError, "model.bin: expected a .py file, a .json or .toml file, or a model folder"),
        ("bare.json", InputError, "bare.json: "),
    ],
)
def test_what_is_no_model_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, kind: type[Exception], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.bin").write_text("")
    (tmp_path / "bare.json").write_text('{"space": "gpt2", "whole": {}, "layers": []}')
    with pytest.raises(kind) as caught:
        load_model(text, 0)
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert "--" not in str(caught.value)


@pytest.fixture
def point(space_file: Path, tmp_path: Path) -> tuple[ConfigSpace, Architecture, Path]:
    """A point of a space of configurations, and the folder that a search writes of it."""
    space = read_space(space_file)
    architecture = Architecture.of("tiny", {"n_embd": 12, "n_head": 2}, [{}, {}])
    write_configuration(tmp_path / "point", space, architecture)
    return space, architecture, tmp_path / "point"


def test_a_point_of_a_file_has_the_weights_that_every_command_gives_it(
    point: tuple[ConfigSpace, Architecture, Path],
) -> None:
    space, architecture, folder = point
    expected = space.build(architecture, derived_seed(7, "weights", space.key(architecture)))
    found = load_model(str(folder), 7)
    assert _equal(found.model, expected)
    assert (found.architecture, found.space) == (architecture, read_space(folder / "space.toml"))
    # the architecture alone is as good, and so is any file of the same space
    (folder / "config.json").unlink()
    assert _equal(load_model(str(folder / "architecture.json"), 7).model, expected)
    (folder / "space.toml").unlink()
    for path in (folder, folder / "architecture.json"):
        assert _equal(load_model(str(path), 7, space.reference).model, expected)
        with pytest.raises(InputError, match=r"architecture\.json: unknown space 'tiny': .*: copy it to .*space\.toml"):
            load_model(str(path), 7)


def test_a_built_point_of_a_file_has_its_own_weights_and_its_space(
    point: tuple[ConfigSpace, Architecture, Path], tmp_path: Path
) -> None:
    space, architecture, _ = point
    write_model(tmp_path / "saved", space, architecture, 5)
    found = load_model(str(tmp_path / "saved"), 0)
    assert _equal(found.model, space.build(architecture, 5))
    assert found.architecture == architecture
    assert found.space is not None
    assert found.space.protocol == space.protocol


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("config.json", '"n_embd": 12', '"n_embd": 16', "config.json: n_embd: expected 12, as architecture.json says"),
        (
            "config.json",
            '"gpt2"',
            '"bert"',
            "config.json: model_type: expected 'gpt2', as architecture.json says, foun",
        ),
        ("config.json", '"n_embd": 12', '"n_embd": "x"', "config.json: gpt2 refuses it: "),
        ("config.json", "{", "[", "config.json: expected a JSON object, found"),
        ("architecture.json", "12", "16", "architecture.json: architecture: n_embd is 16: expected one of 8, 12"),
        ("architecture.json", "tiny", "other", "space.toml: expected the space 'other' that architecture.json names"),
        ("architecture.json", "{", "[", "architecture.json: expected a JSON object, found"),
        ("space.toml", "n_positions = 16", "n_positions = 8", "config.json: n_positions: expected 8, as architecture"),
        ("space.toml", "name =", "name", "space.toml: expected TOML, found"),
    ],
)
def test_files_of_a_point_that_disagree_are_named(
    point: tuple[ConfigSpace, Architecture, Path], file: str, old: str, new: str, words: str
) -> None:
    path = point[2] / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InputError) as caught:
        load_model(str(point[2]), 0)
    assert str(caught.value).startswith(f"{point[2]}/{words}")
    assert "\n" not in str(caught.value)


def test_a_space_is_of_architectures_alone(
    forms: dict[str, Path], point: tuple[ConfigSpace, Architecture, Path]
) -> None:
    for form in ("python", "transformers"):
        with pytest.raises(InputError, match="`space`: expected an architecture of it, found another model: leave"):
            load_model(str(forms[form]), 0, point[0].reference)
    with pytest.raises(InputError, match="space is 'gpt2': expected 'tiny'"):
        load_model(str(forms["architecture"].with_name("bare.json")), 0, str(point[2] / "space.toml"))
