"""``lpzero principles check``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lpzero.cli.main import run


def test_what_is_found(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["principles", "check", str(file)]) == 0
    out = capsys.readouterr().out
    assert "the hard rules leave 40.000% of the space" in out
    assert "of 117 records of gpt2-own 39.3% stay" in out
    assert "advice" in out


def test_the_document(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["principles", "check", str(file), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["status"], document["seed"]) == (1, "ok", 0)
    assert document["remaining"]["share"] == pytest.approx(0.4)
    assert [one["finding"] for one in document["principles"]] == ["ok", "ok", "advice"]


def test_a_contradiction_is_bad_input(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(file.read_text())
    document["principles"] += [
        {"id": "thin", "statement": "", "rule": {"op": "le", "feature": "d_model", "value": 128}}
    ]
    file.write_text(json.dumps(document))
    assert run(["principles", "check", str(file)]) == 2
    err = capsys.readouterr().err
    assert f"lpzero: error: {file}: principles wide and thin contradict each other: d_model ≥ 192, and" in err


def test_what_is_not_found_is_no_result(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(file.read_text())
    counts = [{"op": "count_ge", "feature": "heads", "values": [value], "number": 7} for value in (2, 4)]
    document["principles"] = [{"id": f"p{n}", "statement": "", "rule": rule} for n, rule in enumerate(counts)]
    file.write_text(json.dumps(document))
    assert run(["principles", "check", str(file)]) == 4
    assert "no architecture was found" in capsys.readouterr().err


REFUSED = """
import sys
from lpzero.cli.main import run
file, other = sys.argv[1:]
asked = (
    ["principles", "check", file],
    ["principles", "show", file],
    ["principles", "adapt", file, "--results", "r", "--output", other],
    ["principles", "transfer", "--from", file, "--to", "gpt2-own"],
    ["search", "--space", "gpt2", "--principles", file],
    ["suggest", "--space", "gpt2", "--output", other, "--principles", file],
    ["evolve", "--table", "gpt2-own", "--principles", file],
)
print([run(words) for words in asked], "torch" in sys.modules)
"""


def test_a_file_that_is_refused_waits_for_nothing(file: Path, tmp_path: Path) -> None:
    document = json.loads(file.read_text())
    document["principles"][0]["rule"]["op"] = "exec"
    file.write_text(json.dumps(document))
    words = [sys.executable, "-c", REFUSED, str(file), str(tmp_path / "other.json")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stdout == "[2, 2, 2, 2, 2, 2, 2] False\n"
    lines = done.stderr.splitlines()
    assert len(lines) == 7
    assert all("unknown operator 'exec'" in line and file.name in line for line in lines)


def test_a_space_that_nobody_knows_is_named_with_the_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(file.read_text())
    document["space"] = {"name": "nothing"}
    file.write_text(json.dumps(document))
    assert run(["principles", "check", str(file)]) == 2
    assert f"{file}: space: unknown space 'nothing'" in capsys.readouterr().err
