"""`lpzero score` of what `lpzero search` wrote: the scores and the costs of the search, to the last bit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from lpzero.cli.main import run

PROXIES = ("snip", "sum(l1(activation))", "sum(mean(hidden))", "jacobian_cosine", "params")
ASKED = [*(word for proxy in PROXIES for word in ("--proxy", proxy)), "--seed", "5", "--batch", "2", "--jobs", "1"]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "spaces"

QUICK = [("flexibert", "own"), ("gpt2", "own"), ("gpt2", "own-300"), ("llama", "own"), ("llama", "scratch")]
LARGE = [
    *(("flexibert", protocol) for protocol in ("trained", "listed", "legacy")),
    *(("gpt2", "lts"), ("transfo-xl", "lts"), ("hwgpt", "s"), ("llama", "160m")),
]
# of the largest spaces the smallest architectures: weights and gradients of all of them fit in few machines
LARGEST = [("hwgpt", "m", "60M"), ("hwgpt", "l", "100M"), ("llama", "1b", "150M"), ("llama", "7b", "400M")]


def searched(*where: str, tokens: int = 8, samples: int = 3) -> dict[str, dict[str, Any]]:
    """The scored picks of a random search in the folder ``run``, by the folders that it wrote."""
    asked = [*ASKED, "--tokens", str(tokens), "--algorithm", "random", "--samples", str(samples), "--output", "run"]
    assert run(["search", *where, *asked]) == 0
    found = json.loads(Path("run/result.json").read_text())
    picks = [*found["best"], *found["front"], *(pick for pick in found["controls"].values() if pick)]
    return {str(Path("run", pick["config"]).parent): pick for pick in picks if pick["scores"]}


def scored(capsys: pytest.CaptureFixture[str], *models: str, tokens: int = 8) -> dict[str, dict[str, Any]]:
    """What scoring models gives, by model."""
    capsys.readouterr()
    assert run(["score", *models, *ASKED, "--tokens", str(tokens), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    return {one["model"]: one for one in found.get("models", [found])}


def assert_same(picks: dict[str, dict[str, Any]], found: dict[str, dict[str, Any]]) -> None:
    """Every pick has its scores and its costs again, bit for bit."""
    assert picks.keys() <= found.keys()
    for folder, pick in picks.items():
        assert [one["value"] for one in found[folder]["scores"]] == pick["scores"]
        assert found[folder]["costs"] == pick["costs"]


@pytest.mark.parametrize(
    ("space", "protocol"), [*QUICK, *(pytest.param(*large, marks=pytest.mark.slow) for large in LARGE)]
)
def test_a_space_of_the_package(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, space: str, protocol: str
) -> None:
    monkeypatch.chdir(tmp_path)
    picks = searched("--space", space, "--protocol", protocol)
    assert_same(picks, scored(capsys, *picks))


@pytest.mark.slow
@pytest.mark.parametrize(("space", "protocol", "most"), LARGEST)
def test_the_smallest_of_a_large_space(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, space: str, protocol: str,
    most: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    picks = searched("--space", space, "--protocol", protocol, "--max-params", most, samples=1)
    assert picks
    assert_same(picks, scored(capsys, *picks))


@pytest.fixture
def at_home(space_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a small space, seen from a folder of its own."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return space_file


def test_a_space_of_configurations(capsys: pytest.CaptureFixture[str], at_home: Path) -> None:
    picks = searched("--space", str(at_home))
    # a folder says all that is needed: neither the file of the space nor the run has to be there
    at_home.unlink()
    assert_same(picks, scored(capsys, *picks))
    folder, pick = next(iter(picks.items()))
    shutil.move(folder, "elsewhere")
    shutil.rmtree("run")
    assert_same({"elsewhere": pick}, scored(capsys, "elsewhere"))


def test_a_model_that_is_built_of_it_with_the_seed_of_the_search(
    capsys: pytest.CaptureFixture[str], at_home: Path
) -> None:
    from lpzero.seeds import derived_seed

    folder, pick = next(iter(searched("--space", str(at_home)).items()))
    seed = derived_seed(5, "weights", pick["key"])
    assert run(["build", folder, "--seed", str(seed), "--out", "built"]) == 0
    assert_same({"built": pick}, scored(capsys, "built"))


def test_by_one_proxy_the_models_are_in_the_order_of_the_search(
    capsys: pytest.CaptureFixture[str], at_home: Path
) -> None:
    asked = ["--proxy", "snip", "--batch", "2", "--tokens", "8", "--jobs", "1", "--json"]
    assert run(["search", "--space", str(at_home), *asked, "--samples", "6", "--keep", "6", "--output", "run"]) == 0
    best = [str(Path("run", pick["config"]).parent) for pick in json.loads(capsys.readouterr().out)["best"]]
    assert len(best) == 6
    assert run(["score", *sorted(best), *asked]) == 0
    assert [one["model"] for one in json.loads(capsys.readouterr().out)["models"]] == best


def test_a_folder_without_the_file_of_its_space(capsys: pytest.CaptureFixture[str], at_home: Path) -> None:
    folder, pick = next(iter(searched("--space", str(at_home)).items()))
    Path(folder, "space.toml").unlink()
    alone = scored(capsys, folder)[folder]
    assert [one["value"] for one in alone["scores"]] != pick["scores"]
    assert run(["score", folder, *ASKED, "--tokens", "8"]) == 0
    said = f"note: {folder}: the configuration is scored by itself, and not as the architecture that a search scored"
    assert said in capsys.readouterr().err
    assert run(["score", folder, *ASKED, "--tokens", "8", "--space", str(at_home), "--json"]) == 0
    assert_same({folder: pick}, {folder: json.loads(capsys.readouterr().out)})


@pytest.mark.parametrize("isolate", [[], ["--isolate"]])
def test_the_sub_networks_of_a_checkpoint(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, isolate: list[str]
) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    monkeypatch.chdir(tmp_path)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "vocab_size": 120}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = LlamaConfig(**sizes, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64)
        LlamaForCausalLM(config).save_pretrained("checkpoint")
    picks = searched("--space", "checkpoint")
    folders = list(picks)[:1] if isolate else list(picks)
    capsys.readouterr()
    assert run(["score", *folders, *ASKED, "--tokens", "8", "--space", "checkpoint", "--json", *isolate]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = {one["model"]: one for one in found.get("models", [found])}
    assert_same({folder: picks[folder] for folder in folders}, rows)
    assert run(["build", folders[0], "--space", "checkpoint", "--out", "cut"]) == 0
    assert_same({"cut": picks[folders[0]]}, scored(capsys, "cut"))


def test_the_loss_on_text_of_trained_weights(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ["--proxy", "text_loss", "--batch", "2", "--tokens", "16", "--jobs", "1"]
    assert run(["search", "--space", "llama", "--protocol", "own", *asked, "--samples", "2", "--output", "run"]) == 0
    best = json.loads(Path("run/result.json").read_text())["best"][0]
    capsys.readouterr()
    assert run(["score", str(Path("run", best["config"]).parent), *asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scores"][0]["value"] == best["score"]


@pytest.mark.slow
@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("*.toml")))
def test_the_spaces_of_the_examples(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: str
) -> None:
    monkeypatch.chdir(tmp_path)
    picks = searched("--space", str(EXAMPLES / example))
    assert_same(picks, scored(capsys, *picks))
