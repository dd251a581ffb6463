"""``lpzero build``: what it takes, what it writes, and that its folders score as the space's own models do."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import torch

from lpzero.cli.main import run
from lpzero.engines import Serial
from lpzero.metrics import METRICS
from lpzero.operands.probe import Probe
from lpzero.pretrained import register, write_configuration
from lpzero.proxy import load_proxy, proxy_names
from lpzero.proxy.score import score_architectures
from lpzero.seeds import derived_seed
from lpzero.spaces import Architecture, get_space

DECODER = Architecture.of("gpt2", {"d_model": 64}, [{"d_inner": 64, "heads": 2}, {"d_inner": 96, "heads": 4}])
ENCODER = Architecture.of(
    "flexibert",
    {"hidden_size": 128},
    [
        {"operation": kind, "parameter": value, "heads": 2, "feed_forward": 512, "feed_forward_layers": 1}
        for kind, value in (("SA", "SDP"), ("LT", "DFT"))
    ],
)


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("decoder.json").write_text(json.dumps(DECODER.to_json()))
    Path("encoder.json").write_text(json.dumps(ENCODER.to_json()))


def _logits(folder: str, ids: torch.Tensor) -> torch.Tensor:
    from transformers import AutoModel

    register()
    logits: torch.Tensor = AutoModel.from_pretrained(folder)(ids).logits
    return logits


def test_an_architecture_becomes_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "decoder.json", "--out", "model", "--protocol", "own", "--seed", "3", "--json"]) == 0
    space = get_space("gpt2", "own")
    assert json.loads(capsys.readouterr().out) == {
        "schema": 1,
        "folder": "model",
        "space": "gpt2",
        "protocol": "own",
        "key": space.key(DECODER),
        "parameters": space.parameter_counts(DECODER),
        "seed": 3,
    }
    ids = torch.arange(1, 9).unsqueeze(0)
    assert torch.equal(_logits("model", ids), space.build(DECODER, 3).logits(ids))  # type: ignore[attr-defined]


def test_it_says_how_to_load_what_it_wrote(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "encoder.json", "--out", "a model"]) == 0
    first, _, code = capsys.readouterr().out.partition("\n\n")
    assert first.startswith("a model: flexibert, protocol trained, ")
    assert first.endswith(", seed 0")
    made: dict[str, torch.nn.Module] = {}
    exec(code, made)  # noqa: S102  (what the command tells its user to run)
    count = sum(parameter.numel() for parameter in made["model"].parameters())
    assert count == get_space("flexibert").parameter_counts(ENCODER)["total"]


def test_every_form_of_an_architecture_gives_the_same_model(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_configuration(Path("found"), get_space("gpt2", "own"), DECODER)
    monkeypatch.setattr("sys.stdin", io.StringIO(Path("found/config.json").read_text()))
    forms = [["found"], ["found/config.json"], ["-"], ["decoder.json", "--protocol", "own"]]
    forms += [["found/architecture.json", "--space", "gpt2", "--protocol", "own"]]
    for number, form in enumerate(forms):
        assert run(["build", *form, "--out", f"model{number}"]) == 0, form
    capsys.readouterr()
    first = Path("model0/model.safetensors").read_bytes()
    assert all(Path(f"model{n}/model.safetensors").read_bytes() == first for n in range(len(forms)))


def test_a_folder_without_lpzeros_configuration_is_read_by_its_architecture() -> None:
    write_configuration(Path("found"), get_space("gpt2", "own"), DECODER)
    Path("found/config.json").write_text(json.dumps({"model_type": "gpt2"}))
    assert run(["build", "found", "--protocol", "own", "--out", "model"]) == 0


WRONG = [
    (["nowhere.json"], "nowhere.json: no such file"),
    (["text.json"], "text.json: expected a JSON object"),
    (["list.json"], "list.json: expected a JSON object, found list"),
    (["empty"], "empty: expected a folder with architecture.json, or with config.json of lpzero, found neither"),
    (["-"], "stdin: expected a JSON object"),
    (["keys.json"], "keys.json: architecture: expected an object with the keys space, whole, layers"),
    (["protocol.json"], "protocol.json: protocol: expected text, found 3"),
    (["unknown.json"], "unknown.json: unknown space 'mine': expected one of"),
    (["unknown.json"], "--space and --protocol say another one"),
    (["decoder.json"], "decoder.json: architecture: found the names d_model"),
    (["decoder.json"], "(it fits --protocol own)"),
    (["decoder.json", "--protocol", "huge"], "unknown protocol 'huge'"),
    (["decoder.json", "--space", "flexibert"], "decoder.json: space is 'gpt2': expected 'flexibert'"),
    (["heads.json", "--protocol", "own"], "heads.json: layer 1: heads is 5: expected one of 2, 4, 8"),
    (["decoder.json", "--protocol", "own", "--seed", "-1"], "--seed: expected from 0 to"),
    (["decoder.json", "--protocol", "own", "--seed", str(2**63)], "--seed: expected from 0 to"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG, ids=[" ".join(row[0][:3]) for row in WRONG])
def test_wrong_input_is_one_line_and_no_folder(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = DECODER.to_json()
    heads["layers"][1]["heads"] = 5
    documents = {
        "list": [],
        "keys": {"space": "gpt2"},
        "protocol": {"architecture": DECODER.to_json(), "protocol": 3},
        "unknown": {**DECODER.to_json(), "space": "mine"},
        "heads": heads,
    }
    for name, document in documents.items():
        Path(f"{name}.json").write_text(json.dumps(document))
    Path("text.json").write_text("no json")
    Path("empty").mkdir()
    monkeypatch.setattr("sys.stdin", io.StringIO("{"))
    before = sorted(Path().iterdir())
    assert run(["build", *arguments, "--out", "model"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert captured.err.count("\n") == 1
    assert sorted(Path().iterdir()) == before


def test_a_folder_that_is_not_empty_is_left_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("model").mkdir()
    Path("model/mine.txt").write_text("mine")

    def never(*_: object) -> None:
        raise AssertionError("nothing is built for a folder that cannot be written")

    monkeypatch.setattr("lpzero.spaces.gpt2.own_model.build", never)
    assert run(["build", "decoder.json", "--protocol", "own", "--out", "model"]) == 2
    assert "model is not empty and is left as it is" in capsys.readouterr().err
    assert [path.name for path in Path("model").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("space", "protocol", "architecture"),
    [("gpt2", "own", DECODER), ("flexibert", "own", ENCODER), ("flexibert", "trained", ENCODER)],
)
def test_a_folder_scores_as_the_space_does(
    space: str, protocol: str, architecture: Architecture, capsys: pytest.CaptureFixture[str]
) -> None:
    found = get_space(space, protocol)
    seed = str(derived_seed(0, "weights", found.key(architecture)))
    source = "decoder.json" if space == "gpt2" else "encoder.json"
    assert run(["build", source, "--protocol", protocol, "--seed", seed, "--out", "model"]) == 0
    names = [*METRICS, *proxy_names()]
    chosen = [argument for name in names for argument in ("--proxy", name)]
    capsys.readouterr()
    assert run(["score", "model", *chosen, "--batch", "2", "--tokens", "8", "--device", "cpu", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    probe, proxies = Probe(batch=2, tokens=8), [load_proxy(name) for name in names]
    (expected,) = score_architectures(found, [architecture], proxies, probe, engine=Serial(), progress=lambda *_: None)
    for score, wanted in zip(scores, expected, strict=True):
        assert (score["status"], score["value"]) == (wanted.status.value, wanted.value), score["proxy"]


def test_a_configuration_alone_is_scored_with_weights_of_the_seed(capsys: pytest.CaptureFixture[str]) -> None:
    write_configuration(Path("found"), get_space("flexibert", "own"), ENCODER)

    def value(seed: str) -> float:
        assert run(["score", "found", "--proxy", "snip", "--seed", seed, "--json"]) == 0
        score: float = json.loads(capsys.readouterr().out)["scores"][0]["value"]
        return score

    assert value("0") == value("0") != value("1")


def test_a_configuration_that_does_not_fit_is_one_line_for_score(capsys: pytest.CaptureFixture[str]) -> None:
    write_configuration(Path("found"), get_space("gpt2", "own"), DECODER)
    document = json.loads(Path("found/config.json").read_text())
    document["architecture"]["layers"][0]["heads"] = 3
    Path("found/config.json").write_text(json.dumps(document))
    assert run(["score", "found", "--proxy", "snip"]) == 2
    error = capsys.readouterr().err
    assert "found/config.json: layer 0: heads is 3: expected one of 2, 4, 8" in error
