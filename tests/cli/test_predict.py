"""``lpzero predict`` prints a row an architecture, with a status where there is no value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lpzero
from lpzero.cli.main import run


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "ridge.json"
    lpzero.fit_predictor(table="gpt2-own", number=16, features="spec", output=path)
    return path


def test_rows_say_value_interval_and_source(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predict", str(kept), "--table", "gpt2-own"]) == 0
    out = capsys.readouterr().out
    assert "from (0.9)" in out
    assert out.splitlines()[-1] == "ridge, fitted to 16 labels of gpt2, protocol own; lower is better"
    assert sum(" label " in line for line in out.splitlines()) == 16
    assert run(["predict", str(kept), "--table", "gpt2-own", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == lpzero.predict(kept, table="gpt2-own").to_json()


def test_a_file_of_architectures_is_read(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "next.jsonl"
    records = lpzero.load_table("gpt2-own").records[:3]
    path.write_text("".join(json.dumps({"id": r.id, "architecture": r.architecture.to_json()}) + "\n" for r in records))
    assert run(["predict", str(kept), str(path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in document["rows"]] == [record.id for record in records]


def test_wrong_use_is_a_line_and_the_code_2(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    for words, message in (
        ([str(kept)], "expected a file, architectures or a --table"),
        ([str(tmp_path / "none.json"), "--table", "gpt2-own"], "no such file"),
        ([str(broken), "--table", "gpt2-own"], "fit the predictor again"),
        ([str(kept), "--table", "flexibert-own"], "expected one of the space gpt2"),
    ):
        assert run(["predict", *words]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert message in captured.err
        assert captured.err.count("\n") == 1
