"""`lpzero tables build --choices`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.cli.main import run
from tests.compression.tiny import checkpoint_folder, written_text


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    (tmp_path / "text.txt").write_text(written_text(200))
    source = checkpoint_folder(tmp_path / "full", num_hidden_layers=2)
    return [
        *("tables", "build", "--choices", str(source), "--calibration", str(tmp_path / "text.txt")),
        *("--out", str(tmp_path / "table"), "--windows", "2", "--context", "8", "--widths", "2"),
    ]


def test_a_table_is_made_and_said(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["records"] == 2 * (2 + 2)
    assert document["out"] == str(tmp_path / "table")
    assert run(command) == 0
    assert "8 replacements of full" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["--windows", "1"], "--windows: expected at least 2, found 1"),
        (["--layers", "0,x"], "--layers: expected numbers of layers such as 0,7,14, found '0,x'"),
        (["--layers", "2"], "--layers: expected layers from 0 to 1, found 2"),
        (["--calibration", "none.txt"], "text none.txt: expected a file of UTF-8 text, found none"),
        (["--choices", "nowhere"], "expected the folder of a checkpoint"),
    ],
)
def test_what_is_refused(
    command: list[str], changes: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, *changes]) == 2
    assert words in capsys.readouterr().err
