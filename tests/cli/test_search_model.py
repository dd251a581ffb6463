"""``lpzero search --model``: the sub-networks of a checkpoint, from the search to a model that transformers loads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lpzero.cli.main import run
from tests.compression.tiny import checkpoint_folder, written_text

SMALL = ["--batch", "2", "--tokens", "8", "--jobs", "1"]
MODEL = ["--model", "checkpoint", "--calibration", "learn.txt"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny LLaMA with its tokenizer, and a text."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "home"))
    checkpoint_folder(Path("checkpoint"))
    Path("learn.txt").write_text(written_text(1500))
    return tmp_path


def searched(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert run(["search", *words, *SMALL, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.usefixtures("place")
def test_what_a_search_finds_speaks_and_is_built(capsys: pytest.CaptureFixture[str]) -> None:
    words = [*MODEL, "--proxy", "sum(l1(weight))", "--max-params", "8700", "--samples", "8", "--keep", "2"]
    found = searched(capsys, *words, "--output", "run")
    assert found["space"] == "sub-networks"
    losses = found["losses"]
    assert set(losses["losses"]) == {"found", "random", "largest", "params"}
    assert losses["text"] == "learn.txt" and losses["checkpoint"] > 0

    best = found["best"][0]
    assert best["costs"]["params"] <= 8700
    model = str(Path("run", losses["model"]))
    folder = str(Path("run", best["config"]).parent)
    # the file of the space lies beside the architecture
    assert run(["score", folder, "--proxy", "sum(l1(weight))", *SMALL, "--json"]) == 0
    scored = json.loads(capsys.readouterr().out)
    assert scored["scores"][0]["value"] == pytest.approx(best["score"], rel=1e-6)
    assert scored["params"] == best["costs"]["params"]

    assert run(["build", folder, "--out", "cut"]) == 0
    assert Path("cut/model.safetensors").read_bytes() == Path(model, "model.safetensors").read_bytes()


@pytest.mark.usefixtures("place")
def test_losses_stand_beside_the_checkpoint_and_an_ended_search_says_them_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [*MODEL, "--proxy", "params", "--samples", "8", *SMALL, "--output", "run"]
    assert run(["search", *words]) == 0
    told = capsys.readouterr().out
    assert "tokens of the end of learn.txt, context 32" in told and "the checkpoint" in told
    Path("run/result.json").unlink()
    assert run(["search", "--resume", "run"]) == 0
    table = told[told.index("loss in nats") :]
    assert table in capsys.readouterr().out


@pytest.mark.usefixtures("place")
def test_a_checkpoint_that_changed_is_not_searched_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", *MODEL, "--proxy", "params", "--samples", "8", *SMALL, "--output", "run"]) == 0
    Path("run/result.json").unlink()
    path = Path("checkpoint/config.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "rms_norm_eps": 1e-4}))
    capsys.readouterr()
    assert run(["search", "--resume", "run"]) == 2
    assert "changed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model", "checkpoint"], "--calibration is missing"),
        (["--model", "nowhere", "--calibration", "learn.txt"], "expected the folder of a checkpoint"),
        (["--space", "gpt2", "--calibration", "learn.txt"], "no effect without --model"),
        ([*MODEL, "--space", "llama"], "a space of its own"),
        ([*MODEL[:2], "--calibration", "nothing.txt"], "nothing.txt"),
        ([*MODEL, "--max-params", "3"], "params"),
    ],
)
@pytest.mark.usefixtures("place")
def test_what_is_wrong_is_one_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", *words, "--proxy", "params", "--samples", "4", *SMALL, "--output", "run"]) in (2, 3, 4)
    told = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert len(told) == 1 and said in told[0]
    assert not Path("run").exists()
