"""``lpzero watch``: lines where stdout is no terminal, a table where it is one."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from lpzero.cli.main import run

RUNS = Path(__file__).parents[1] / "reporting" / "runs"


def test_a_finished_run_is_told_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["watch", str(RUNS / "evolve")]) == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert lines[0].endswith(" created")
    assert lines[-1].startswith("finished: sealed tau-a")
    assert captured.err == f"report: lpzero report {RUNS / 'evolve'} --open\n"


def test_a_run_at_work_is_followed_until_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(RUNS / "evolve", tmp_path / "evolve"))
    (folder / "best.json").rename(folder / "kept")
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            (folder / "kept").rename(folder / "best.json")

    monkeypatch.setattr("lpzero.cli.watch.time.sleep", wait)
    assert run(["watch", str(folder), "--every", "30s"]) == 0
    assert waited == [30.0] * 3
    lines = capsys.readouterr().out.splitlines()
    # what is not new is not said again
    assert len(lines) == len(set(lines))
    assert any(line.startswith("unfinished: tau-a on search") for line in lines)


def test_once_says_where_it_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(shutil.copytree(RUNS / "search", tmp_path / "search"))
    (folder / "result.json").unlink()
    assert run(["watch", str(folder), "--once"]) == 0
    captured = capsys.readouterr()
    assert "scores" in captured.out.splitlines()[-1]
    assert captured.err == ""


def test_a_terminal_gets_the_front(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run(["watch", str(RUNS / "evolve")]) == 0
    out = capsys.readouterr().out
    assert "nodes" in out
    assert "finished: sealed tau-a" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "nowhere: expected the folder of a run of evolve, enumerate or search, found none"),
        ([str(RUNS / "evolve"), "--every", "0"], "--every: expected at least 0.1 s, found 0"),
    ],
)
def test_wrong_use_is_one_line(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["watch", *words]) == 2
    assert capsys.readouterr().err == f"lpzero: error: {message}\n"
