"""``lpzero score``: Python files, configurations, folders, and everything that can be wrong with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from lpzero.cli.main import run

MODEL = """
import torch
from torch import nn
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.out = nn.Embedding(50, 16), nn.Linear(16, 50)
    def forward(self, x):
        return self.out(self.words(x))
def build_model():
    return Model()
"""
CONFIG = {"model_type": "llama", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
CONFIG |= {"num_attention_heads": 2, "num_key_value_heads": 2, "vocab_size": 100}
CONFIG |= {"bos_token_id": 1, "eos_token_id": 2, "max_position_embeddings": 128}


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def _document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert run(["score", *arguments, "--json"]) == 0
    document: dict[str, object] = json.loads(capsys.readouterr().out)
    return document


def test_a_python_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("model.py").write_text(MODEL)
    assert run(["score", "model.py", "--proxy", "snip", "--proxy", "softmax_confidence", "--json"]) == 0
    captured = capsys.readouterr()
    assert "model.py is run as code" in captured.err
    assert "shows no attention" in captured.err
    document = json.loads(captured.out)
    assert set(document) >= {"schema", "model", "params", "batch_sha256", "scores"}
    assert document["params"] == 50 * 16 + 16 * 50 + 50
    assert [(s["proxy"], s["status"]) for s in document["scores"]] == [
        ("snip", "ok"),
        ("softmax_confidence", "failed"),
    ]
    assert document["scores"][1]["value"] is None
    assert all(set(s) == {"proxy", "value", "direction", "status", "seconds", "error"} for s in document["scores"])


def test_what_a_model_prints_is_no_part_of_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    noisy = MODEL.replace("        return self.out", "        print('forward')\n        return self.out")
    Path("model.py").write_text("print('imported')\n" + noisy)
    assert _document(capsys, "model.py", "--proxy", "snip")["schema"] == 1


def test_a_file_may_use_dataclasses_and_files_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("beside.py").write_text("WIDTH = 16\n")
    head = "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom beside import WIDTH\n"
    Path("model.py").write_text(head + "@dataclass\nclass Settings:\n    width: int = WIDTH\n" + MODEL)
    assert _document(capsys, "model.py", "--proxy", "snip")["params"] == 1650


def test_a_pair_of_logits_and_loss_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    pair = MODEL.replace("return self.out(self.words(x))", "y = self.out(self.words(x)); return y, None")
    Path("model.py").write_text(pair)
    first = _document(capsys, "model.py", "--proxy", "snip")["scores"]
    Path("model.py").write_text(MODEL)
    scores = _document(capsys, "model.py", "--proxy", "snip")["scores"]
    assert first[0]["value"] == scores[0]["value"]  # type: ignore[index]


def test_a_proxy_that_fails_leaves_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    config = {"model_type": "mamba", "hidden_size": 16, "num_hidden_layers": 2, "vocab_size": 60, "state_size": 4}
    Path("mamba.json").write_text(json.dumps(config))
    scores = _document(capsys, "mamba.json", "--proxy", "all")["scores"]
    statuses = {score["proxy"]: score["status"] for score in scores}  # type: ignore[attr-defined]
    assert statuses["params"] == "ok"
    assert "failed" in statuses.values()


def test_equal_seeds_give_equal_scores(capsys: pytest.CaptureFixture[str]) -> None:
    Path("model.py").write_text(MODEL)

    def values(seed: str) -> list[object]:
        scores = _document(capsys, "model.py", "--proxy", "snip", "--seed", seed)["scores"]
        return [score["value"] for score in scores]  # type: ignore[attr-defined]

    assert values("0") == values("0") != values("1")


def test_the_global_random_state_is_left_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    Path("model.py").write_text(MODEL)
    before = torch.random.get_rng_state()
    _document(capsys, "model.py", "--proxy", "snip", "--seed", "5")
    assert torch.equal(torch.random.get_rng_state(), before)


def test_an_example_batch_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    Path("model.py").write_text(MODEL + "def example_batch():\n    return torch.ones(2, 5, dtype=torch.long)\n")
    first = _document(capsys, "model.py", "--proxy", "snip", "--seed", "0")["batch_sha256"]
    assert first == _document(capsys, "model.py", "--proxy", "snip", "--seed", "1")["batch_sha256"]


def test_a_configuration_and_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    Path("folder").mkdir()
    Path("folder/config.json").write_text(json.dumps(CONFIG))
    for place in ("folder", "folder/config.json"):
        scores = _document(capsys, place, "--seed", "0")["scores"]
        assert {score["status"] for score in scores} == {"ok"}, place  # type: ignore[attr-defined]
    assert run(["score", "folder", "--proxy", "snip"]) == 0
    assert "snip" in capsys.readouterr().out


def test_saved_weights_are_used(capsys: pytest.CaptureFixture[str]) -> None:
    from transformers import AutoModelForCausalLM, LlamaConfig

    settings = {key: value for key, value in CONFIG.items() if key != "model_type"}
    model = AutoModelForCausalLM.from_config(LlamaConfig(**settings))
    model.save_pretrained("saved")

    def value(seed: str) -> object:
        scores = _document(capsys, "saved", "--proxy", "sum(l1(weight))", "--seed", seed)["scores"]
        return scores[0]["value"]  # type: ignore[index]

    expected = sum(p.detach().abs().sum().item() for p in model.parameters() if p.ndim >= 2)
    assert value("0") == value("1") == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "text", "code", "words"),
    [
        ("model.py", "x = 1\n", 2, "expected a function build_model()"),
        ("model.py", "def build_model(:\n", 1, "raised SyntaxError"),
        ("model.py", "raise ValueError('no\\nway')\n", 1, "raised ValueError: no"),
        ("model.py", "def build_model():\n    raise KeyError('x')\n", 1, "build_model() raised KeyError"),
        ("model.py", "def build_model():\n    return 3\n", 2, "torch.nn.Module, found int"),
        ("model.py", "import sys\nsys.exit(7)\n", 1, "tried to exit with code 7"),
        ("model.py", MODEL.replace("return Model()", "return Model().to('meta')"), 1, "cannot be read"),
        ("config.json", json.dumps({**CONFIG, "num_hidden_layers": 0}), 2, "at least 1 layer"),
        ("model.py", MODEL + "def example_batch():\n    return torch.ones(0, 7).long()\n", 1, "at least 1 sequence"),
        ("model.py", MODEL.replace("self.words(x)", "self.words(x, 3)"), 1, "raised TypeError"),
        ("model.py", MODEL.replace("return self.out(self.words(x))", "return 5"), 1, "a loss, or logits"),
        ("model.py", MODEL + "def example_batch():\n    return 3\n", 1, "integer input_ids"),
        ("model.py", MODEL + "def example_batch():\n    return torch.tensor([[99, 99]])\n", 1, "IndexError"),
        ("config.json", "{", 2, "expected a JSON object"),
        ("config.json", "[]", 2, "expected a JSON object"),
        ("config.json", "{}", 2, "with a model_type"),
        ("config.json", '{"model_type": "nope"}', 2, "no model_type 'nope'"),
        ("config.json", '{"model_type": "vit"}', 2, "no causal or masked language model"),
        ("config.json", json.dumps({**CONFIG, "hidden_size": "wide"}), 2, "refuses the configuration"),
        ("model.bin", "", 2, "expected a .py file, a .json or .toml file, or a model folder"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], name: str, text: str, code: int, words: str
) -> None:
    Path(name).write_text(text)
    assert run(["score", name, "--proxy", "snip"]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = [text for text in captured.err.splitlines() if text.startswith("lpzero: error:")]
    assert words in line
    assert "Traceback" not in captured.err


def test_scores_that_are_not_finite_are_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    Path("model.py").write_text(MODEL)
    assert run(["score", "model.py", "--proxy", "sum(exp(exp(exp(exp(l1(weight))))))", "--json"]) == 4
    captured = capsys.readouterr()
    assert json.loads(captured.out)["scores"][0]["status"] == "overflow"
    assert "no proxy gave a finite score" in captured.err


def test_an_empty_folder_is_missing_its_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    assert run(["score", "empty"]) == 2
    assert "config.json" in capsys.readouterr().err
