"""Whole documents of the commands against recorded ones: what a user gets is the same, whatever is moved inside.

Each case runs one command line on the bundled tables with small settings, and compares its exit code, its document or
its printed tables, and the files that it leaves, with ``documents/NAME.json``. Seconds, times and paths are left out.
Numbers are compared to 1e-6. Another processor or another torch may round the last bit of a score otherwise, and choose
another formula by it: there exit codes, the keys of documents and errors are compared alone.

``LPZERO_RECORD_DOCUMENTS=1 pytest tests/cli/test_documents.py`` records them anew; with ``ATEN_CPU_CAPABILITY=avx2``
beside it, torch computes on a newer processor as on the one of those that are recorded.
"""

from __future__ import annotations

import json
import os
import platform
import re
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import torch

from lpzero.cli.main import run

RECORDED = Path(__file__).parent / "documents"
RECORDING = "LPZERO_RECORD_DOCUMENTS"
TIMED = {"seconds", "per_second", "time"}
"""Keys whose values differ from run to run."""
COUNTED = {"lost", "statuses"}
"""Keys of what is counted by name: which names there are follows from scores, and so from the processor."""
SMALL = ["--batch", "2", "--tokens", "8", "--device", "cpu"]
SPLITS = ["--search-size", "12", "--validation-size", "8", "--elements", "64"]
GPT2 = {"model_type": "gpt2", "n_layer": 2, "n_embd": 16, "n_head": 2, "vocab_size": 64, "n_positions": 32}
MODEL = """\
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM


def build_model():
    config = AutoConfig.for_model("gpt2", n_layer=1, n_embd=16, n_head=2, vocab_size=64, n_positions=32)
    return AutoModelForCausalLM.from_config(config, attn_implementation="eager")
"""

CASES: dict[str, list[list[str]]] = {
    "evolve": [
        [
            *("evolve", "--table", "flexibert-own", "--seed", "1", "--jobs", "1", "--output", "RUN", "--json"),
            *("--start", "random", "--population", "12", "--islands", "2", "--generations", "3", "--epoch", "2"),
            *("--seed-formula", "sum(l1(weight * grad))", *SPLITS, *SMALL),
        ],
        ["evolve", "--resume", "RUN"],
        ["export", "RUN", "--format", "json"],
        ["export", "RUN", "--format", "python"],
        ["rank", "RUN", "depth", "--table", "flexibert-own", "--jobs", "1", *SMALL],
    ],
    "compare": [
        [
            *("compare", "width", "snip", "depth", "--table", "gpt2-own", "--labels", "20", "--jobs", "1", "--json"),
            *("--initialisations", "2", *SMALL),
        ],
        ["compare", "width", "depth", "--table", "gpt2-own", "--labels", "20"],
        ["compare", "width", "depth", "--table", "gpt2-own", "--matched", "1"],
    ],
    "enumerate": [
        [
            *("enumerate", "--table", "gpt2-own", "--seed", "2", "--jobs", "1", "--output", "RUN", "--json"),
            *("--operands", "grad", "--keep", "500", *SPLITS, *SMALL),
        ],
        ["enumerate", "--resume", "RUN"],
    ],
    "search": [
        [
            *("search", "--table", "gpt2-own", "--proxy", "sum(l1(weight * grad))", "--proxy", "params", "--json"),
            *("--samples", "12", "--keep", "3", "--max-params", "500K", "--jobs", "1", "--output", "RUN", *SMALL),
        ],
        ["search", "--resume", "RUN"],
        [
            *("search", "--space", "flexibert", "--proxy", "depth", "--algorithm", "nsga2", "--against", "flops"),
            *("--samples", "20", "--keep", "2", "--max-bytes", "80MB", "--jobs", "1", "--output", "OPEN", *SMALL),
            "--json",
        ],
    ],
    "rank": [
        ["rank", "snip", "params", "--table", "llama-own", "--jobs", "1", *SMALL, "--json"],
        ["rank", "depth", "params", "width", "--table", "gpt2-own", "--jobs", "1", *SMALL],
        ["rank", "nothing", "--table", "gpt2-own"],
    ],
    "transfer": [
        ["transfer", "depth", "params", "--tables", "flexibert-own", "--tables", "gpt2-own", "--json"],
        ["transfer", "depth", "--tables", "llama-own"],
    ],
    "score": [
        ["score", "config.json", "--proxy", "snip", "--proxy", "params", "--proxy", "grasp", *SMALL, "--json"],
        ["score", "config.json", "architecture.json", "model.py", "--proxy", "snip", *SMALL, "--json"],
        ["score", "architecture.json", "config.json", "--proxy", "snip", "--proxy", "depth", *SMALL],
        ["score", "architecture.json", "--proxy", "depth", "--percentiles", "20", "--jobs", "1", *SMALL, "--json"],
        ["score", "absent.json", "--proxy", "depth"],
    ],
    "explain": [
        ["explain", "snip", "--table", "gpt2-own", "--archs", "8", "--redraws", "1", "--jobs", "1", *SMALL, "--json"],
        ["explain", "depth", "--table", "flexibert-own", "--archs", "20", *SMALL],
    ],
    "data": [
        ["tables", "show", "gpt2-own", "--json"],
        ["tables", "show", "llama-own"],
        ["spaces", "list"],
        ["spaces", "show", "gpt2", "--json"],
        ["build", "architecture.json", "--out", "BUILT", "--json"],
        ["export", "snip", "--format", "latex"],
    ],
}


def _environment() -> dict[str, str]:
    """What a score's last bit depends on."""
    versions = {name: metadata.version(name) for name in ("torch", "numpy", "scipy", "deap", "transformers")}
    return {"machine": platform.machine(), "cpu": torch.backends.cpu.get_cpu_capability(), **versions}


def _architecture() -> dict[str, Any]:
    """The first architecture of a bundled table, with its protocol."""
    from lpzero.tables import load_table

    return {"protocol": "own", "architecture": load_table("gpt2-own").records[0].architecture.to_json()}


def _plain(found: Any) -> Any:
    """A document without what is timed."""
    if isinstance(found, dict):
        return {key: _plain(value) for key, value in found.items() if key not in TIMED}
    if isinstance(found, (list, tuple)):
        return [_plain(value) for value in found]
    return found


def _lines(text: str) -> list[str]:
    """Printed tables without times, which stand as whole words, nor the spaces that make columns."""
    without = re.sub(r"\b[\d,.]+ (s|a second)\b", r"- \1", text)
    return [" ".join(line.split()) for line in without.splitlines()]


def _printed(text: str) -> Any:
    return _plain(json.loads(text)) if text.startswith("{") else _lines(text)


def _files(folder: Path) -> dict[str, Any]:
    """The text files that a run left, by their paths; the scores that its figures are of are compared by these."""
    found: dict[str, Any] = {}
    apart = ("env.json", ".lock", "README.md", "scores.csv")
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and path.name not in apart and path.suffix != ".safetensors":
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".json":
                found[name] = _plain(json.loads(text))
            elif path.suffix == ".jsonl":
                found[name] = [_plain(json.loads(line)) for line in text.splitlines()]
            else:
                found[name] = text.splitlines()
    return found


def _differences(recorded: Any, found: Any, place: str = "") -> list[str]:
    """Where two documents differ, by the way to each place."""
    if isinstance(recorded, dict) and isinstance(found, dict):
        keys = dict.fromkeys((*recorded, *found))
        order = [] if list(recorded) == list(found) else [f"{place}: keys {list(recorded)} became {list(found)}"]
        return order + [
            line for k in keys for line in _differences(recorded.get(k, "-"), found.get(k, "-"), f"{place}/{k}")
        ]
    if isinstance(recorded, list) and isinstance(found, list) and len(recorded) == len(found):
        pairs = enumerate(zip(recorded, found, strict=True))
        return [line for i, (one, other) in pairs for line in _differences(one, other, f"{place}/{i}")]
    if type(recorded) is float and type(found) is float:
        same = found == pytest.approx(recorded, rel=1e-6, abs=1e-6)
    else:
        same = type(recorded) is type(found) and recorded == found
    return [] if same else [f"{place}: {recorded!r} became {found!r}"]


@pytest.mark.parametrize("name", CASES)
def test_documents_are_those_recorded(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = RECORDED / f"{name}.json"
    recording = RECORDING in os.environ
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "home"))
    Path("config.json").write_text(json.dumps(GPT2))
    Path("architecture.json").write_text(json.dumps(_architecture()))
    Path("model.py").write_text(MODEL)
    calls = []
    for arguments in CASES[name]:
        code = run(arguments)
        printed = capsys.readouterr()
        # of stderr the errors alone: progress has times
        errors = [line for line in printed.err.splitlines() if line.startswith("lpzero: error")]
        calls.append({"arguments": arguments, "code": code, "printed": _printed(printed.out), "errors": errors})
    document = {
        "environment": _environment(),
        "calls": calls,
        "files": {run.name: _files(run) for run in map(Path, ("RUN", "OPEN")) if run.is_dir()},
    }
    if recording:
        path.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n")
    # through JSON, as the recorded one went
    found = json.loads(json.dumps(document, allow_nan=False))
    recorded = json.loads(path.read_text())
    if recorded["environment"] == found["environment"]:
        assert _differences(recorded, found) == []
    else:
        told = ("arguments", "code", "errors")
        assert [[one[key] for key in told] for one in recorded["calls"]] == [
            [one[key] for key in told] for one in calls
        ]
        shapes = [_shape([one["printed"] for one in document["calls"]]) for document in (recorded, found)]
        assert _differences(*shapes) == []


def _shape(value: Any) -> Any:
    """Which keys a document has, wherever they are; of a list those of all that it holds."""
    if isinstance(value, dict):
        # how many there are of each name follows from scores
        return {key: None if key in COUNTED else _shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        # printed tables have no keys, and what is listed may be none
        shapes = [_shape(inner) for inner in value if isinstance(inner, (dict, list))]
        return [json.loads(text) for text in sorted({json.dumps(shape) for shape in shapes})]
    return None


def test_a_key_more_or_less_is_seen_on_every_processor() -> None:
    one = {"a": [{"b": 1.0}, {"b": 2.0}], "c": []}
    assert _shape(one) == _shape({"a": [{"b": 3.0}], "c": ["x"]})
    assert _shape({"lost": {"constant": 1}}) == _shape({"lost": {"constant": 1, "redundant": 2}})
    assert _differences(_shape(one), _shape({**one, "left_out": []}))
    assert _differences(_shape(one), _shape({**one, "a": [{"b": 1.0, "error": None}]}))


def test_a_difference_is_seen() -> None:
    recorded = {"a": [1.0, {"b": "c"}], "d": None}
    assert _differences(recorded, {"a": [1.0 + 1e-9, {"b": "c"}], "d": None}) == []
    assert len(_differences(recorded, {"a": [1.1, {"b": "x"}], "d": 0})) == 3
    assert _differences(recorded, {"d": None, "a": [1.0, {"b": "c"}]})
