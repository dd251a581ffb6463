"""``lpzero watch``: lines where stdout is no terminal, a table where it is one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lpzero.cli.main import run
from lpzero.files import held

RUNS = Path(__file__).parents[1] / "reporting" / "runs"


def test_a_finished_run_is_told_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["watch", str(RUNS / "evolve")]) == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert lines[0].endswith(" created")
    assert lines[-1].startswith("finished: sealed tau-a")
    assert captured.err == f"report: lpzero report {RUNS / 'evolve'} --open\n"


def at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, looks: int) -> tuple[Path, list[float]]:
    """A run whose result comes after so many looks, and the seconds between them."""
    folder = Path(shutil.copytree(RUNS / "evolve", tmp_path / "evolve"))
    (folder / "best.json").rename(folder / "kept")
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == looks:
            (folder / "kept").rename(folder / "best.json")

    monkeypatch.setattr("lpzero.cli.watch.time.sleep", wait)
    return folder, waited


def test_a_run_at_work_is_followed_until_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, waited = at_work(tmp_path, monkeypatch, looks=3)
    with held(folder):
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
    assert captured.err == f"nobody works on it: lpzero search --resume {folder}\n"
    with held(folder):
        assert run(["watch", str(folder), "--once"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["evolve", "enumerate", "search", "schedule"])
@pytest.mark.parametrize("half", [False, True])
def test_a_run_that_nobody_works_on_is_not_waited_for(
    name: str, half: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(RUNS / name, tmp_path / "my run"))
    for result in ("best.json", "result.json", "enumeration.json"):
        (folder / result).unlink(missing_ok=True)
    if half:
        # killed when there was nothing but the settings
        for path in folder.iterdir():
            if path.name not in ("config.json", "env.json"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    waited: list[float] = []
    monkeypatch.setattr("lpzero.cli.watch.time.sleep", waited.append)
    assert run(["watch", str(folder)]) == 1
    # a process may end, and another go on, between two looks
    assert waited == [2.0]
    command = {"schedule": "search"}.get(name, name)
    assert capsys.readouterr().err == (
        f"lpzero: error: {folder}: expected a process that works on it, found none, and no result: lpzero {command} "
        f"--resume '{folder}' goes on, --wait waits for somebody who does\n"
    )


def test_who_wants_to_waits_for_somebody_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, waited = at_work(tmp_path, monkeypatch, looks=5)
    assert run(["watch", str(folder), "--wait"]) == 0
    assert len(waited) == 5
    assert "finished: sealed tau-a" in capsys.readouterr().out


def test_a_run_whose_process_was_killed_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(shutil.copytree(RUNS / "evolve", tmp_path / "evolve"))
    (folder / "best.json").unlink()
    code = "import sys, time; from pathlib import Path; from lpzero.files import held\n"
    code += "with held(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(600)\n"
    with subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"held\n"
        assert run(["watch", str(folder), "--once"]) == 0
        assert "nobody" not in capsys.readouterr().err
        worker.kill()
    assert run(["watch", str(folder), "--every", "0.1"]) == 1
    assert "found none, and no result" in capsys.readouterr().err


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
        (["nowhere", "--once", "--wait"], "--wait has no effect beside --once: expected one of them"),
        ([str(RUNS / "evolve"), "--every", "0"], "--every: expected at least 0.1 s, found 0"),
    ],
)
def test_wrong_use_is_one_line(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["watch", *words]) == 2
    assert capsys.readouterr().err == f"lpzero: error: {message}\n"
