"""``lpzero suggest``: what it prints, what it refuses, and that a kill loses no label."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lpzero.cli.main import run
from lpzero.tables import load_table

REPLAY = ["suggest", "--table", "flexibert-own", "--device", "cpu", "-n", "4", "--out"]


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "home"))


def qualities(folder: Path) -> dict[str, str]:
    path = folder / "next.csv"
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        return {row["id"]: row["quality"] for row in csv.DictReader(file)}


def test_a_replay_prints_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*REPLAY, str(tmp_path / "next"), "--max-params", "2M"]) == 0
    shown = capsys.readouterr().out
    assert "0 labelled, 0 failed, 0 pending" in shown
    assert shown.count("start") == 4
    assert run([*REPLAY, str(tmp_path / "next"), "--max-params", "2M", "--stop", "1"]) == 0
    shown = capsys.readouterr().out
    assert "4 labelled, the best " in shown
    assert "More training is not worth it: no candidate beats the best with a chance of 1 or more" in shown
    assert run([*REPLAY, str(tmp_path / "next"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["labels"], len(document["rows"]), document["worthwhile"]) == (8, 4, document["chance"] >= 0.05)
    assert len(qualities(tmp_path / "next")) == 12


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--space", "gpt2", "--labels", "none.csv", "--out", "next"], 2, "none.csv: expected a file, found none"),
        (["--out", "next"], 2, "--space is missing"),
        (["--space", "gpt2", "--out", "next", "--stop", "2"], 2, "--stop: expected a probability"),
        (["--space", "gpt2", "--out", "next", "--max-params", "10"], 4, "no feasible architecture"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["suggest", *arguments]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert qualities(tmp_path / "next") == {}


@pytest.mark.slow
def test_a_kill_loses_no_label(tmp_path: Path) -> None:
    folder, rng = tmp_path / "next", random.Random(0)
    before: dict[str, str] = {}
    command = [sys.executable, "-m", "lpzero", *REPLAY, str(folder)]
    started = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    usual = time.monotonic() - started
    for _ in range(6):
        before = qualities(folder)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.5, 1.0) * usual)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        after = qualities(folder)
        assert {name: after[name] for name in before} == before
    subprocess.run(command, check=True, capture_output=True)
    assert len(qualities(folder)) == len(qualities(folder) | before) >= len(before) + 4


def test_what_it_writes_goes_round_from_suggestion_to_training_to_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, kept = tmp_path / "next", tmp_path / "ridge.json"
    space = ["--space", "gpt2", "--protocol", "own"]
    labelled = [*space, "--labels", str(folder / "next.csv"), "--direction", "lower"]
    fit = ["predictor", "fit", *labelled, "--features", "spec", "--output", str(kept)]
    assert run(["suggest", *space, "-n", "12", "--device", "cpu", "--out", str(folder)]) == 0
    # nothing is trained yet
    assert run(fit) == 2
    assert "expected at least 2 different architectures, found 0: train more" in capsys.readouterr().err
    for labels, without in ((10, 2), (21, 3)):
        _trained(folder / "next.csv")
        assert run(fit) == 0
        captured = capsys.readouterr()
        assert f"fitted to {labels} labels" in captured.out
        assert f"{without} lines have no quality, which is pending or failed, and are left out" in captured.err
        assert run(["predict", str(kept), str(folder / "next.csv"), "--json"]) == 0
        rows = json.loads(capsys.readouterr().out)["rows"]
        assert [row["id"] for row in rows] == list(qualities(folder))
        again = ["--features", "spec", "-n", "12", "--direction", "lower", "--device", "cpu", "--out", str(folder)]
        assert run(["suggest", *space, *again]) == 0
        assert f"{labels} labelled" in capsys.readouterr().out
    assert (
        run(
            ["tables", "import", str(folder / "next.csv"), *space, "--lower-is-better", "--out", str(tmp_path / "mine")]
        )
        == 0
    )
    assert load_table(str(tmp_path / "mine")).n == 21
    base, candidate = sorted((folder / "architectures").iterdir())[:2]
    assert run(["gate", str(base), str(candidate), *labelled, "--features", "spec", "--noise", "0.01"]) == 0


def _trained(path: Path) -> None:
    """Fill in what came of the trainings that are pending: the first has failed, the last is left."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    new = [row for row in rows if not row["quality"] and not row["status"]]
    for number, row in enumerate(new[:-1]):
        row.update({"status": "diverged"} if number == 0 else {"quality": str(2.5 - 0.01 * number)})
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
