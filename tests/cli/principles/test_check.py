"""``lpzero principles check``."""

from __future__ import annotations

import json
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
