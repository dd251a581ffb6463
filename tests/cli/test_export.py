"""``lpzero export``: what is written stands for the same proxy."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import sympy

from lpzero.cli.main import run
from lpzero.formula import parse
from lpzero.proxy import load_proxy, proxy_names

RESULT: dict[str, Any] = {
    **{"schema": 1, "run": "x", "table": "gpt2-own", "table_sha256": "0" * 64, "protocol": "own", "seed": 3},
    "best": {
        **{"formula": "sum(l1(weight))", "direction": "lower", "size": 3, "sketch": {}},
        "test": {"n": 4, "tau_a": 0.4, "interval": [0.1, 0.6], "tau_b": 0.5, "rho": 0.6, "distinct": 1.0},
        **{"search": {"n": 4}, "validation": {"n": 4}},
    },
    "front": [],
    "baselines": [
        {"proxy": "depth", "test": {"n": 4, "tau_a": 0.1}},
        {"proxy": "spec_ridge", "labels": 8, "what": None, "test": {"n": 4, "tau_a": 0.3}},
    ],
}


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def finished() -> Path:
    Path("run").mkdir()
    config = {"table": "gpt2-own", "protocol": "own", "seed": 3, "population": 6}
    for name, document in (("best", RESULT), ("config", config), ("env", {"python": "3"})):
        Path(f"run/{name}.json").write_text(json.dumps(document))
    return Path("run")


def _printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["export", *arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", proxy_names())
def test_every_shipped_proxy_comes_back_from_its_text_and_its_json(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    proxy = load_proxy(name)
    text = _printed(capsys, name)
    assert text.endswith("\n")
    assert parse(text.strip()) == proxy.formula
    Path("again.json").write_text(_printed(capsys, name, "--format", "json"))
    again = load_proxy("again.json")
    assert again == proxy
    assert (again.note, again.provenance) == (proxy.note, proxy.provenance)


def test_the_python_format_needs_torch_alone() -> None:
    assert run(["export", "sum(l1(weight * grad))", "--format", "python", "--output", "proxy.py"]) == 0
    tree = ast.parse(Path("proxy.py").read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert "torch" in imported
    assert {str(name).partition(".")[0] for name in imported} - set(sys.stdlib_module_names) == {"torch"}
    assert "score" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_sympy_format_is_what_sympy_writes(capsys: pytest.CaptureFixture[str]) -> None:
    total, l1 = (sympy.Function(name) for name in ("sum_layers", "l1"))
    expected = total(l1(sympy.Symbol("weight", real=True)))
    assert _printed(capsys, "sum(l1(weight))", "--format", "sympy") == sympy.srepr(expected) + "\n"


def test_a_run_becomes_a_proxy_file_with_where_it_comes_from(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by_folder = _printed(capsys, "run", "--format", "json", "--name", "mine")
    # best.json itself stands for its run
    assert _printed(capsys, "run/best.json", "--format", "json", "--name", "mine") == by_folder
    Path("mine.json").write_text(by_folder)
    proxy = load_proxy("mine.json")
    assert (proxy.name, proxy.direction, proxy.found_on) == ("mine", "lower", "gpt2-own")
    assert proxy.provenance is not None
    assert proxy.provenance.baseline == {"proxy": "depth", "tau_a": 0.1, "matched_size": None}
    assert proxy.provenance.controls == {"spec_ridge": {"tau_a": 0.3, "matched_size": None}}
    assert json.loads(_printed(capsys, "run", "--format", "json"))["name"] == "sum(l1(weight))"
    assert _printed(capsys, "run") == "sum(l1(weight))\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["snip", "--format", "word"], 2, "unknown format 'word': expected one of text, sympy, latex, python, json"),
        (["params"], 2, "params is a coded metric, not a formula: it has no other form than its code"),
        (["snip", "--name", "x"], 2, "--name has no effect on the format text: only JSON has a name"),
        (["snip", "--output", "there"], 2, "there exists and is left as it is: give another --output"),
        (["snip", "--output", "no/such/folder"], 1, "no/such/folder cannot be written: "),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("there").write_text("kept")
    assert run(["export", *arguments]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"lpzero: error: {message}")
    assert Path("there").read_text() == "kept"


def test_a_file_is_what_would_have_been_printed(capsys: pytest.CaptureFixture[str]) -> None:
    for format_ in ("text", "sympy", "latex", "python", "json"):
        printed = _printed(capsys, "snip", "--format", format_)
        assert _printed(capsys, "snip", "--format", format_, "--output", format_) == ""
        assert Path(format_).read_text() == printed
