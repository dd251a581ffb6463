"""`lpzero tables build` under real signals: it ends at once, says how to go on, and nothing is lost or doubled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lpzero.cli.main import run
from lpzero.files import held
from lpzero.tables.folder import CARD
from lpzero.training.build import RECIPE, TRAININGS

SIGNALS = [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
# generous, for a machine that is busy: the trainings that have to end last for hours
AT_ONCE_S = 30.0
STEPS = 60
"""Of a training that is interrupted: some tenths of a second."""

PROGRAM = """
from lpzero.cli.main import main
from lpzero.training import scale
scale.VALIDATION_TOKENS = {"masked": 64, "causal": 64}
main()
"""


def settle(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Work in a folder, on a text that is quickly validated on."""
    patch.setenv("LPZERO_HOME", str(folder / "home"))
    patch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))
    patch.chdir(folder)
    patch.setattr("lpzero.training.scale.VALIDATION_TOKENS", {"masked": 64, "causal": 64})
    Path("text.txt").write_text("the cat sat on the mat. " * 60)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build that nothing stopped."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        settle(folder, patch)
        assert run([*command(steps=STEPS, archs=5), "--jobs", "1"]) == 0
    return folder / "out"


def command(steps: int, archs: int, out: str = "out") -> list[str]:
    asked = {"--space": "gpt2", "--corpus": "text.txt", "--out": out, "--steps": steps, "--archs": archs}
    asked |= {"--repeat": 1, "--batch": 2, "--length": 8, "--device": "cpu"}
    return ["tables", "build", *(str(word) for option in asked.items() for word in option)]


@contextmanager
def started(arguments: list[str], jobs: int) -> Iterator[subprocess.Popen[str]]:
    """A build in a group of its own, as a terminal starts it."""
    line = [sys.executable, "-c", PROGRAM, *arguments, "--jobs", str(jobs)]
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(reached: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not reached() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert reached()


def group(leader: int) -> set[int]:
    """The processes of a group that are neither gone nor zombies."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _parent, of = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(of) == leader and state != "Z":
            found.add(int(folder.name))
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks processes up in /proc")
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(("number", "code", "word"), SIGNALS)
def test_a_signal_ends_the_trainings_at_once(number: int, code: int, word: str, jobs: int) -> None:
    with started(command(steps=1_000_000, archs=3), jobs) as process:
        wait_for((Path("out") / RECIPE).exists, process)
        # into the trainings, or into the start of the workers, where there are some: both have to end
        time.sleep(0.5 if jobs == 1 else 3)
        assert process.poll() is None
        if number == signal.SIGINT:
            # Ctrl-C reaches the workers too
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        since = time.monotonic()
        out, err = process.communicate(timeout=60)
        # the process by which multiprocessing tracks its resources ends a moment behind the others
        while group(process.pid) and time.monotonic() - since < AT_ONCE_S:
            time.sleep(0.1)
        assert group(process.pid) == set()
        assert time.monotonic() - since < AT_ONCE_S
    assert process.returncode == code, err
    assert out == ""
    assert "Traceback" not in err
    assert [line for line in err.splitlines() if line][-2:] == [
        "out is kept with every training that ended: give the same command again to go on",
        f"lpzero: {word}",
    ]
    # nobody holds it any more
    with held(Path("out")):
        pass


def trainings(out: str) -> dict[str, dict[str, Any]]:
    """The trainings that a folder keeps, but for the time that they took."""
    documents = {path.name: json.loads(path.read_text()) for path in (Path(out) / TRAININGS).glob("*.json")}
    return {name: {**document, "seconds": 0} for name, document in documents.items()}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_build_goes_on_where_a_signal_stopped_it(jobs: int, whole: Path) -> None:
    with started(command(steps=STEPS, archs=5), jobs) as process:
        wait_for(lambda: any((Path("out") / TRAININGS).glob("*.json")), process)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 130
    kept = {path: path.stat().st_mtime_ns for path in (Path("out") / TRAININGS).glob("*.json")}
    assert 1 <= len(kept) < 6
    assert not (Path("out") / CARD).exists()
    assert run([*command(steps=STEPS, archs=5), "--jobs", "1"]) == 0
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert trainings("out") == trainings(str(whole))
    assert len(trainings("out")) == 6
    assert list((Path("out") / TRAININGS).glob(".*")) == []
    cards = [json.loads((Path(out) / CARD).read_text()) for out in ("out", whole)]
    assert cards[0]["records"] == cards[1]["records"] == 6
    assert cards[0]["figures"]["baselines"] == cards[1]["figures"]["baselines"]


def test_a_second_build_on_the_folder_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with started(command(steps=1_000_000, archs=3), 1) as process:
        wait_for((Path("out") / RECIPE).exists, process)
        assert run([*command(steps=1_000_000, archs=3), "--jobs", "1"]) == 2
        assert process.poll() is None
    assert capsys.readouterr().err == (
        "lpzero: error: out: expected no other process at work there, found one: wait for its end\n"
    )
