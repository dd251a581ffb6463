"""`lpzero tables build --choices`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lpzero.cli.main import run
from lpzero.cli.tables.choices import _placed
from lpzero.compression.choices.build import MEASURED
from lpzero.compression.choices.table import CARD, RECORDS
from lpzero.engines import Workers
from tests.compression.tiny import checkpoint_folder, written_text


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    (tmp_path / "text.txt").write_text(written_text(200))
    source = checkpoint_folder(tmp_path / "full", num_hidden_layers=2)
    return [
        *("tables", "build", "--choices", str(source), "--calibration", str(tmp_path / "text.txt")),
        *("--out", str(tmp_path / "table"), "--windows", "2", "--context", "8", "--widths", "2", "--device", "cpu"),
    ]


def test_a_table_is_made_and_said(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--jobs", "1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["records"] == 2 * (2 + 2)
    assert document["out"] == str(tmp_path / "table")
    assert run([*command, "--jobs", "1"]) == 0
    assert "8 replacements of full" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["--windows", "1"], "--windows: expected at least 2, found 1"),
        (["--layers", "0,x"], "--layers: expected numbers of layers such as 0,7,14, found '0,x'"),
        (["--layers", "2"], "--layers: expected layers from 0 to 1, found 2"),
        (["--jobs", "0"], "--jobs: expected at least 1, found 0"),
        (["--engine", "serial", "--time-limit", "5m"], "--engine serial cannot enforce limits"),
        (["--calibration", "none.txt"], "text none.txt: expected a file of UTF-8 text, found none"),
        (["--choices", "nowhere"], "expected the folder of a checkpoint"),
    ],
)
def test_what_is_refused(
    command: list[str], changes: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, *changes]) == 2
    assert words in capsys.readouterr().err


STOPPED = """
import os, sys
from lpzero.compression.choosing.measured import Kept

put, calls = Kept.put, []

def stopping(*args):
    put(*args)
    calls.append(args)
    if len(calls) == 3:
        os.kill(os.getpid(), {number})

Kept.put = stopping
from lpzero.cli.main import main
main()
"""


def test_a_build_in_workers_goes_on_where_signals_stopped_it(command: list[str], tmp_path: Path) -> None:
    assert run([*command, "--jobs", "1"]) == 0
    table = tmp_path / "table"
    whole = {name: (table / name).read_bytes() for name in (RECORDS, CARD)}
    table.rename(tmp_path / "whole")
    kept = ""
    for number, code, words in (
        (signal.SIGINT, 130, "is kept with every divergence that was measured: give the same command again"),
        (signal.SIGKILL, -signal.SIGKILL, ""),
    ):
        before = kept
        line = [sys.executable, "-c", STOPPED.format(number=int(number)), *command, "--jobs", "2"]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
        stopped = subprocess.run(line, capture_output=True, text=True, env=environment, check=False)
        assert stopped.returncode == code
        assert words in stopped.stderr
        assert not (table / CARD).exists()
        kept = (table / MEASURED).read_text()
        assert kept.startswith(before)
    assert kept.count("\n") == 1 + 3 + 3
    # workers are no part of what is kept
    assert run([*command, "--jobs", "1"]) == 0
    assert (table / MEASURED).read_text().startswith(kept)
    assert {name: (table / name).read_bytes() for name in whole} == whole


def test_a_gpu_has_one_worker_unless_more_are_asked_for() -> None:
    assert _placed(Workers(jobs=None), "cuda").jobs == 1
    assert _placed(Workers(jobs=None), "cpu").jobs is None
    for asked in (Workers(jobs=3), Workers(jobs=None, engine="ray", address="auto")):
        assert _placed(asked, "cuda") == asked
