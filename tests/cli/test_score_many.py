"""``lpzero score`` of several models, of architectures, and percentiles within a space."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.cli.main import run
from lpzero.costs.cost import Measurement
from lpzero.costs.costs import COUNTED, Costs
from lpzero.engines import Serial
from lpzero.operands.probe import Probe
from lpzero.proxy import load_proxy
from lpzero.proxy.score import score_architectures
from lpzero.spaces import get_space

SPACE = get_space("gpt2", "own")
ARCHITECTURES = [SPACE.sample(np.random.default_rng(seed)) for seed in range(4)]
SMALL = ["--batch", "2", "--tokens", "8"]
CONFIG = {"model_type": "gpt2", "n_layer": 2, "n_embd": 16, "n_head": 2, "vocab_size": 90, "n_positions": 32}


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for i, architecture in enumerate(ARCHITECTURES):
        document = {"architecture": architecture.to_json(), "protocol": "own"}
        Path(f"a{i}.json").write_text(json.dumps(document))


def _document(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    assert run(["score", *arguments, *SMALL, "--json"]) == code
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_an_architecture_has_the_score_and_the_costs_that_every_command_gives_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    proxy, probe = load_proxy("sum(l1(weight * grad))"), Probe(batch=2, tokens=8)
    wanted = score_architectures(SPACE, ARCHITECTURES[:1], [proxy], probe, engine=Serial(), progress=lambda *_: None)
    document = _document(capsys, "a0.json", "--proxy", "sum(l1(weight * grad))")
    assert document["scores"][0]["value"] == wanted[0][0].value
    assert (document["space"], document["protocol"]) == ("gpt2", "own")
    costs = Costs(SPACE, Measurement(8))
    assert document["costs"] == {name: costs.of(ARCHITECTURES[0], name) for name in COUNTED}


def test_many_models_are_ranked_with_their_costs(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"a{i}.json" for i in range(4)]
    document = _document(capsys, *names, "--proxy", "params", "--proxy", "depth")
    params = {row["model"]: row["params"] for row in document["models"]}
    ranks = {row["model"]: row["mean_rank"] for row in document["models"]}
    values = {row["model"]: [scored["value"] for scored in row["scores"]] for row in document["models"]}
    assert list(ranks.values()) == sorted(ranks.values())
    assert [params[name] for name in names] == [SPACE.parameter_counts(a)["total"] for a in ARCHITECTURES]
    for name in names:
        better = [1 + sum(values[n][i] > values[name][i] for n in names) for i in range(2)]
        equal = [sum(values[n][i] == values[name][i] for n in names) - 1 for i in range(2)]
        assert ranks[name] == pytest.approx(np.mean([b + e / 2 for b, e in zip(better, equal, strict=True)]))


def test_models_of_any_kind_stand_in_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    Path("config.json").write_text(json.dumps(CONFIG))
    architecture = ARCHITECTURES[1].to_json()
    layers = "".join(
        f"[[layers]]\nd_inner = {one['d_inner']}\nheads = {one['heads']}\n" for one in architecture["layers"]
    )
    whole = f'space = "gpt2"\nprotocol = "own"\n[whole]\nd_model = {architecture["whole"]["d_model"]}\n'
    Path("a1.toml").write_text(whole + layers)
    assert run(["score", "config.json", "a1.toml", "a1.json", "--proxy", "snip", *SMALL]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("config.json", "a1.toml", "a1.json", "flops", "3 models"))
    document = _document(capsys, "a1.toml", "a1.json", "--proxy", "snip")
    one, other = document["models"]
    assert one["scores"][0]["value"] == other["scores"][0]["value"]


def test_operations_of_a_foreign_model_are_those_of_its_matrices(capsys: pytest.CaptureFixture[str]) -> None:
    Path("config.json").write_text(json.dumps(CONFIG))
    costs = _document(capsys, "config.json", "--proxy", "params")["costs"]
    width, tokens = 16, 8
    blocks = 2 * (12 * width**2 + 2 * tokens * width)
    assert costs["flops"] == 2 * (blocks + width * 90)
    assert costs["bytes"] == 4 * costs["params"]


def test_what_a_search_wrote_is_scored_again_to_the_same_value(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["search", "--space", "gpt2", "--protocol", "own", "--proxy", "snip", "--samples", "8", "--keep", "2"]
    assert run([*words, *SMALL, "--jobs", "1", "--output", "run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    folders = {str(Path("run", row["config"]).parent): row["score"] for row in found["best"]}
    document = _document(capsys, *folders, "--proxy", "snip")
    assert {row["model"]: row["scores"][0]["value"] for row in document["models"]} == folders


def test_percentiles_are_the_share_of_drawn_ones_that_are_not_better(capsys: pytest.CaptureFixture[str]) -> None:
    found = _document(capsys, "a2.json", "--proxy", "params", "--percentiles", "40")["percentiles"]
    assert (found["space"], found["protocol"], found["drawn"]) == ("gpt2", "own", 40)
    many = _document(capsys, "a2.json", "--proxy", "params", "--percentiles", "400")["percentiles"]["of"]["params"]
    mine = SPACE.parameter_counts(ARCHITECTURES[2])["total"]
    rng = np.random.default_rng(99)
    drawn = [SPACE.parameter_counts(SPACE.sample(rng))["total"] for _ in range(2000)]
    assert many == pytest.approx(100 * np.mean(np.array(drawn) <= mine), abs=10)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["a0.json", "gone.json"], 2, "gone.json: no such file"),
        (["gone"], 3, "hf download gone"),
        (["config.json", "--percentiles", "5"], 2, "say which one with --within"),
        (["a0.json", "--within", "gpt2"], 2, "--percentiles: expected at least 1"),
        (["folder"], 2, "found a pickle, pytorch_model.bin"),
        (["wrong.toml"], 2, "wrong.toml: expected TOML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    Path("config.json").write_text(json.dumps(CONFIG))
    Path("wrong.toml").write_text("space = ")
    Path("folder").mkdir()
    Path("folder/config.json").write_text(json.dumps(CONFIG))
    Path("folder/pytorch_model.bin").write_bytes(b"x")
    assert run(["score", *arguments, "--proxy", "params", *SMALL]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = [text for text in captured.err.splitlines() if text.startswith("lpzero: error:")]
    assert words in line


def test_two_python_models_have_the_files_beside_them_and_not_each_others(capsys: pytest.CaptureFixture[str]) -> None:
    text = "from torch import nn\nfrom sizes import W\nclass M(nn.Module):\n    def __init__(self):\n"
    text += "        super().__init__()\n        self.words, self.out = nn.Embedding(50, W), nn.Linear(W, 50)\n"
    text += "    def forward(self, x):\n        return self.out(self.words(x))\ndef build_model():\n    return M()\n"
    for name, width in (("one", 8), ("two", 16)):
        Path(name).mkdir()
        Path(name, "sizes.py").write_text(f"W = {width}\n")
        Path(name, "model.py").write_text(text)
    models = _document(capsys, "one/model.py", "two/model.py", "--proxy", "params")["models"]
    assert {row["model"]: row["params"] for row in models} == {"one/model.py": 850, "two/model.py": 1650}


def test_a_model_whose_forward_fails_leaves_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    text = "from torch import nn\nclass M(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    text += (
        "        self.words = nn.Embedding(50, 8)\n    def forward(self, x):\n        raise RuntimeError('no way')\n"
    )
    Path("broken.py").write_text(text + "def build_model():\n    return M()\n")
    assert run(["score", "broken.py", "a0.json", "--proxy", "params", *SMALL, "--json"]) == 1
    captured = capsys.readouterr()
    assert [row["model"] for row in json.loads(captured.out)["models"]] == ["a0.json"]
    assert "lpzero: error: 1 of 2 models could not be scored: broken.py" in captured.err
    reason = "broken.py: left out: broken.py: no proxy could score it: the model raised RuntimeError: no way"
    assert reason in captured.err


def test_a_model_that_cannot_be_read_leaves_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.py").write_text("raise ValueError('no')\n")
    assert run(["score", "bad.py", "a0.json", "--proxy", "params", *SMALL, "--json"]) == 1
    captured = capsys.readouterr()
    assert "bad.py: left out: bad.py raised ValueError: no" in captured.err
    assert [row["model"] for row in json.loads(captured.out)["models"]] == ["a0.json"]


_PLAIN = """
import sys
import torch
from torch import nn
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.out = nn.Embedding(50, 8), nn.Linear(8, 50)
    def forward(self, x):
        return self.out(self.words(x))
def build_model():
    return M()
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            _PLAIN.replace("nn.Linear(8, 50)", "nn.LazyLinear(50)"),
            "lazy modules without any (out): call the model",
        ),
        ("import sys\nsys.exit(3)\n", "tried to exit with code 3"),
        (_PLAIN.replace("return M()", "sys.exit()"), "tried to exit with code None"),
        (_PLAIN.replace("        return self.out", "        sys.exit(4)\n        return self.out"), "SystemExit: 4"),
        (
            _PLAIN.replace("def forward(self, x)", "def forward(self, x, state)"),
            "forward needs state: give example_",
        ),
        (_PLAIN + "def example_batch():\n    return {'ids': 3}\n", "found the keys ids"),
        (_PLAIN.replace("return M()", "raise RuntimeError('size:\\n  3 by 4')"), "raised RuntimeError: size: 3 by 4"),
    ],
)
def test_whatever_a_model_does_the_others_are_scored_and_it_is_named(
    capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    Path("good.py").write_text(_PLAIN)
    Path("bad.py").write_text(text)
    document = _document(capsys, "bad.py", "good.py", "a0.json", "--proxy", "snip", code=1)
    assert {row["model"] for row in document["models"]} == {"good.py", "a0.json"}
    (left,) = document["left_out"]
    assert left["model"] == "bad.py"
    assert left["reason"].startswith("bad.py")
    assert words in left["reason"]
    assert run(["score", "bad.py", "--proxy", "snip", *SMALL]) in (1, 2)
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    (line,) = [line for line in captured.err.splitlines() if line.startswith("lpzero: error:")]
    assert words in line


def test_a_model_that_takes_fewer_tokens_says_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    Path("gpt2.json").write_text(json.dumps({**CONFIG, "n_positions": 6}))
    assert run(["score", "gpt2.json", "--proxy", "snip", *SMALL]) == 2
    error = capsys.readouterr().err
    assert "gpt2.json: expected at most 6 tokens for this model, found 8: give --tokens 6 or fewer" in error


def test_a_sketch_is_told_with_its_error_and_for_several_models(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--proxy", "snip", "--proxy", "depth", "--proxy", "head_confidence"]
    exact = _document(capsys, "a0.json", "a1.json", *asked)
    found = _document(capsys, "a0.json", "a1.json", *asked, "--sketch", "256")
    again = _document(capsys, "a0.json", "a1.json", *asked, "--sketch", "256")
    for row in (*found["models"], *again["models"]):
        for scored in row["scores"]:
            del scored["seconds"]
    assert found == again
    values = {row["model"]: row["scores"] for row in exact["models"]}
    for row in found["models"]:
        (snip, depth, confidence), (wanted, *_) = row["scores"], values[row["model"]]
        assert 0 < snip["error"] < 0.3 * wanted["value"]
        assert abs(snip["value"] - wanted["value"]) < 5 * snip["error"]
        assert (depth["status"], depth["error"], wanted["error"]) == ("ok", None, None)
        assert (confidence["status"], confidence["value"]) == ("failed", None)
    assert run(["score", "a0.json", "a1.json", "--proxy", "snip", *SMALL, "--sketch", "256"]) == 0
    assert capsys.readouterr().out.count(" ± ") == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--sketch", "8"], "--sketch: expected at least 16 elements"),
        (["--sketch", "64", "--percentiles", "5"], "--sketch: expected exact scores beside --percentiles"),
    ],
)
def test_a_sketch_that_cannot_be_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(["score", "a0.json", *arguments, *SMALL]) == 2
    assert words in capsys.readouterr().err
