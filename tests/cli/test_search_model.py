"""``lpzero search --model``: the sub-networks of a checkpoint, from the search to a model that transformers loads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from lpzero.cli.main import run

SMALL = ["--batch", "2", "--tokens", "8", "--jobs", "1"]


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A LLaMA of three layers."""
    from transformers import LlamaConfig, LlamaForCausalLM

    monkeypatch.chdir(tmp_path)
    config = LlamaConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=120,
        max_position_embeddings=64,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        LlamaForCausalLM(config).save_pretrained("checkpoint")
    return "checkpoint"


def test_what_a_search_finds_is_built_and_scored(checkpoint: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["search", "--model", checkpoint, "--proxy", "sum(l1(weight))", "--samples", "8", "--keep", "2", *SMALL]
    assert run([*words, "--output", "run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["space"] == "llama"
    assert found["protocol"].startswith("subnet-")
    best = found["best"][0]
    folder = str(Path("run", best["config"]).parent)

    assert run(["score", folder, "--proxy", "sum(l1(weight))", *SMALL]) == 2
    assert f"lpzero build {folder}/config.json --space CHECKPOINT_FOLDER" in capsys.readouterr().err

    assert run(["build", folder, "--space", checkpoint, "--out", "cut"]) == 0
    capsys.readouterr()
    assert run(["score", "cut", "--proxy", "sum(l1(weight))", *SMALL, "--json"]) == 0
    scored = json.loads(capsys.readouterr().out)
    assert scored["scores"][0]["value"] == pytest.approx(best["score"], rel=1e-6)
    assert scored["params"] == best["costs"]["params"]


def test_a_checkpoint_that_changed_is_not_searched_on(checkpoint: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["search", "--model", checkpoint, "--proxy", "params", "--samples", "8", *SMALL]
    assert run([*words, "--output", "run"]) == 0
    Path("run/result.json").unlink()
    path = Path(checkpoint, "config.json")
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "rms_norm_eps": 1e-4}))
    capsys.readouterr()
    assert run(["search", "--resume", "run"]) == 2
    assert "changed" in capsys.readouterr().err
