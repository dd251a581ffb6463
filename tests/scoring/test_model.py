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
