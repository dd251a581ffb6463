"""The commands `lpzero tables list`, `fetch` and `show`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lpzero.cli.tables import tables
from lpzero.errors import InputError, MissingError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(tables, arguments, catch_exceptions=False)


def document(*arguments: str) -> Any:
    result = invoke(*arguments, "--json")
    assert result.exit_code == 0
    return json.loads(result.stdout)


def test_list(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    listed = document("list")
    assert listed["schema"] == 1
    assert listed["tables"][1] == {
        "name": "gpt2-wt103",
        "description": "GPT-2-like decoders with adaptive embeddings, WikiText-103",
        "space": "gpt2",
        "n": 200,
        "quality": "validation perplexity",
        "direction": "lower is better",
        "present": True,
        "where": str(data),
    }
    plain = invoke("list").stdout
    assert "flexibert-glue" in plain
    assert str(data) in plain


def test_list_without_data(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Brackets in a path are no markup.
    monkeypatch.setenv("LPZERO_DATA", str(home / "[red]none"))
    assert [(row["present"], row["where"]) for row in document("list")["tables"]] == [(False, None)] * 2
    assert invoke("list").stdout.count("not here: fetch it") == 2


def test_show(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    card = document("show", "flexibert-glue")
    assert card["schema"] == 1
    assert card["n"] == 500
    assert "trained" in card["protocols"]
    assert card["duplicates"] == 9
    assert card["direction"] == "higher is better"
    assert card["quality"]["sd"] == pytest.approx(3.83, abs=0.005)
    assert len(card["notes"]) == 3
    assert card["licence"] == "CC-BY-4.0"
    assert len(card["digest"]) == 64
    plain = invoke("show", "flexibert-glue").stdout
    assert "53.66 to 75.13, sd 3.83" in plain
    assert card["digest"] in plain


def test_show_without_data(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(home / "none"))
    with pytest.raises(MissingError, match="lpzero tables fetch gpt2-wt103"):
        invoke("show", "gpt2-wt103")


@pytest.mark.parametrize("command", ["show", "fetch"])
def test_an_unknown_name(command: str) -> None:
    with pytest.raises(InputError, match="unknown table 'x': expected one of flexibert-glue, gpt2-wt103"):
        invoke(command, "x")


def test_fetch_of_what_is_there(data: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = home / "tables" / "flexibert" / "BERT_benchmark.json"
    file.parent.mkdir(parents=True)
    file.write_bytes((data / "flexibert" / "BERT_benchmark.json").read_bytes())
    monkeypatch.delenv("LPZERO_DATA", raising=False)
    expected = {"schema": 1, "name": "flexibert-glue", "files": 1, "where": str(home / "tables")}
    assert document("fetch", "flexibert-glue") == expected
    result = invoke("fetch", "flexibert-glue")
    assert result.stdout == f"flexibert-glue: 1 file(s) in {home / 'tables'}\n"
    assert result.stderr == ""
    monkeypatch.setenv("LPZERO_DATA", str(data))
    result = invoke("fetch", "flexibert-glue")
    assert "LPZERO_DATA is set" in result.stderr
    assert result.stdout == f"flexibert-glue: 1 file(s) in {home / 'tables'}\n"


def test_the_command_loads_nothing_heavy_before_it_runs() -> None:
    code = (
        "import sys, lpzero.cli.tables; "
        "print(sorted({'torch', 'numpy', 'pydantic', 'rich', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
