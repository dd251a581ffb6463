"""Spaces that do not come with the package: of another package, of transformers configurations, of a checkpoint."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import ClassVar, cast

import numpy as np
import pytest
import torch
import transformers
from torch import Tensor, nn

from lpzero.cli.main import run
from lpzero.errors import InputError
from lpzero.pretrained import register, write_configuration, write_model
from lpzero.pretrained.registration import classes_of
from lpzero.spaces import Architecture, SiteMap, get_space
from lpzero.spaces.choice_space import ChoiceSpace
from lpzero.spaces.choices import Choice, Choices
from lpzero.spaces.models.output import ModelOutput, next_tokens
from lpzero.spaces.models.sites import ParameterSite
from tests.conftest import Install

IDS = torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]])


class Tied(nn.Module):
    """A bag of words: the head shares the table by name, and a mask that is not saved shifts the logits."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.words = nn.Embedding(11, width)
        self.blocks = nn.ModuleList([nn.Linear(width, width)])
        self.head = nn.Linear(width, 11, bias=False)
        self.head.weight = self.words.weight
        self.register_buffer("shift", torch.linspace(0, 1, 11), persistent=False)

    def logits(self, input_ids: Tensor) -> Tensor:
        """(batch, tokens, 11)."""
        out: Tensor = self.head(self.blocks[0](self.words(input_ids))) + self.shift
        return out

    def forward(self, input_ids: Tensor, labels: Tensor, *_: bool) -> ModelOutput:
        """The causal loss alone."""
        targets, labelled = next_tokens(labels)
        loss = nn.functional.cross_entropy(self.logits(input_ids)[:, :-1][labelled], targets[labelled])
        return ModelOutput(loss, None, None)

    def site_map(self) -> SiteMap:
        """The table alone."""
        return SiteMap(1, (ParameterSite(0, "words", "embedding", "words.weight"),), (), "words")


class Mute(nn.Module):
    """A model that says no logits."""


@dataclass(frozen=True)
class Mine(ChoiceSpace):
    """Two architectures."""

    protocol: str = "one"
    name: ClassVar[str] = "mine"
    protocols: ClassVar[tuple[str, ...]] = ("one", "mute")
    objective: ClassVar[str] = "causal"
    vocabulary: ClassVar[int] = 11
    max_tokens: ClassVar[int] = 8
    choices: ClassVar[Choices] = Choices("mine", (1,), (Choice.of("width", 4, 8),), ())

    def _model(self, architecture: Architecture) -> nn.Module:
        return Mute() if self.protocol == "mute" else Tied(self.width(architecture))

    def build(self, architecture: Architecture, seed: int) -> nn.Module:
        """Drawn as torch draws them."""
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return self._model(architecture).eval()

    def blank(self, architecture: Architecture) -> nn.Module:
        """On the meta device."""
        with torch.device("meta"):
            return self._model(architecture)

    def model_key(self, architecture: Architecture) -> str:
        """That of the architecture."""
        return architecture.digest

    def width(self, architecture: Architecture) -> int:
        """Its one choice."""
        return int(architecture["width"])

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """Of everything."""
        return {"total": sum(p.numel() for p in self.blank(architecture).parameters())}


ARCHITECTURE = Architecture.of("mine", {"width": 4}, [{}])


@pytest.fixture
def mine(install: Install, monkeypatch: pytest.MonkeyPatch) -> Mine:
    """The space, found by its name."""
    install("lpzero_mine", "", {"spaces": {"mine": "Mine"}})
    monkeypatch.setitem(sys.modules, "lpzero_mine", cast(ModuleType, SimpleNamespace(Mine=Mine)))
    register()
    return Mine()


def test_a_space_of_another_package_has_classes_of_its_own(mine: Mine, tmp_path: Path) -> None:
    write_model(tmp_path / "m", mine, ARCHITECTURE, 3)
    model, about = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "m", output_loading_info=True)
    assert type(model) is classes_of("mine").model
    assert {name: len(found) for name, found in about.items() if found} == {}
    expected = mine.build(ARCHITECTURE, 3)
    assert torch.equal(model(IDS).logits, expected.logits(IDS))  # type: ignore[operator]
    assert torch.equal(model.model.shift, torch.linspace(0, 1, 11))


def test_weights_that_a_model_shares_by_name_stay_shared(mine: Mine, tmp_path: Path) -> None:
    write_model(tmp_path / "m", mine, ARCHITECTURE, 3)
    loaded = transformers.AutoModel.from_pretrained(tmp_path / "m")
    drawn = transformers.AutoModel.from_config(transformers.AutoConfig.from_pretrained(tmp_path / "m"))
    for model in (loaded, drawn):
        assert model.model.head.weight is model.model.words.weight
        model.save_pretrained(tmp_path / "again")
        again = transformers.AutoModel.from_pretrained(tmp_path / "again")
        assert torch.equal(again(IDS).logits, model(IDS).logits)


def test_models_without_logits_are_refused(mine: Mine, tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="space mine: expected models with the methods logits and site_map, found Mute"
    ):
        write_model(tmp_path / "m", Mine("mute"), ARCHITECTURE, 3)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_package_does_not_keep_the_others_out(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    install("lpzero_broken", "def broken(): return 1 / 0\n", {"spaces": {"broken": "broken"}})
    register()
    assert "lpzero-gpt2" in transformers.CONFIG_MAPPING
    assert "lpzero-broken" not in transformers.CONFIG_MAPPING
    assert "space 'broken'" in caplog.text
    assert "its models are not registered" in caplog.text


SPACE = """
name = "small"
model_type = "gpt2"
[fixed]
vocab_size = 50
n_positions = 16
bos_token_id = 0
eos_token_id = 0
[choices]
n_layer = [2, 3]
n_embd = [16, 32]
n_head = [2, 4]
"""


def test_a_space_of_configurations_is_written_as_transformers_has_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("space.toml").write_text(SPACE)
    space = get_space("space.toml")
    architecture = space.sample(np.random.default_rng(0))
    write_configuration(Path("found"), space, architecture)
    assert json.loads(Path("found/config.json").read_text())["model_type"] == "gpt2"
    assert "import lpzero" not in Path("found/README.md").read_text()
    assert run(["build", "found", "--space", "space.toml", "--seed", "3", "--out", "model"]) == 0
    assert "lpzero" not in capsys.readouterr().out.partition("\n\n")[2]
    model = transformers.AutoModelForCausalLM.from_pretrained("model", attn_implementation="eager")
    assert type(model) is transformers.GPT2LMHeadModel
    expected = space.build(architecture, 3).model
    ids = torch.tensor([[3, 1, 4, 1, 5]])
    for (name, found), wanted in zip(model.named_parameters(), expected.parameters(), strict=True):
        assert torch.equal(found, wanted), name
    assert torch.allclose(model(ids).logits, expected(ids).logits, rtol=1e-5, atol=1e-6)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """The folder of a small LLaMA."""
    config = transformers.LlamaConfig(
        vocab_size=50,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=32,
        bos_token_id=0,
        eos_token_id=0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformers.LlamaForCausalLM(config).save_pretrained(tmp_path / "checkpoint")
    return tmp_path / "checkpoint"


def test_a_sub_network_loads_where_its_checkpoint_is_not(checkpoint: Path, tmp_path: Path) -> None:
    space = get_space(str(checkpoint))
    architecture = space.sample(np.random.default_rng(1))
    write_model(tmp_path / "m", space, architecture, 0)
    ids = torch.tensor([[3, 1, 4, 1, 5]])
    expected = space.build(architecture, 0).logits(ids)  # type: ignore[operator]
    shutil.rmtree(checkpoint)
    model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "m")
    assert torch.equal(model(ids).logits, expected)
    assert "cut out of a trained checkpoint" in (tmp_path / "m" / "README.md").read_text()
    again = model.config.search_space()
    assert (again.protocol, again.vocabulary, again.max_tokens) == (space.protocol, 50, 32)
    assert again.parameter_counts(architecture) == space.parameter_counts(architecture)


def test_a_sub_network_is_never_given_weights_that_are_not_its_own(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    space = get_space(str(checkpoint))
    architecture = space.sample(np.random.default_rng(1))
    write_configuration(tmp_path / "found", space, architecture)
    config = transformers.AutoConfig.from_pretrained(tmp_path / "found")
    with pytest.raises(InputError, match="expected the weights of a sub-network"):
        transformers.AutoModel.from_config(config)
    card = (tmp_path / "found" / "README.md").read_text()
    assert f"`lpzero build . --space {checkpoint} --out DIR`" in card
    assert "from_config" not in card
    assert run(["build", str(tmp_path / "found"), "--out", str(tmp_path / "m")]) == 2
    assert "--space" in capsys.readouterr().err
    assert run(["build", str(tmp_path / "found"), "--space", str(checkpoint), "--out", str(tmp_path / "m")]) == 0


def test_numbers_of_a_checkpoint_that_do_not_fit_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    space = get_space(str(checkpoint))
    write_configuration(tmp_path / "found", space, space.sample(np.random.default_rng(1)))
    document = json.loads((tmp_path / "found" / "config.json").read_text())
    for changes, words in (
        ({"num_attention_heads": 3}, "checkpoint: num_attention_heads: expected a multiple of"),
        ({"hidden_size": "wide"}, "checkpoint: hidden_size: .* found 'wide'"),
    ):
        changed = {**document, "checkpoint": document["checkpoint"] | changes}
        with pytest.raises(InputError, match=words):
            classes_of("llama").configuration(**changed)
