"""``lpzero compress`` on a full disk, interrupted and killed: nothing half-written, and it ends with the same bytes."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lpzero.cli.main import run
from lpzero.compression.result import COMPRESSED
from tests.compression.tiny import checkpoint_folder, tiny, written_text

STOPPING = """
import os, sys
import {module} as module

place = {place}
before, calls = getattr(place, {name!r}), 0

def stopping(*args, **kwargs):
    global calls
    found = before(*args, **kwargs)
    calls += 1
    if calls == 3:
        os.kill(os.getpid(), {number})
    return found

setattr(place, {name!r}, stopping)
{more}
from lpzero.cli.main import run
sys.exit(run(sys.argv[1:]))
"""
MEASURING = {"module": "lpzero.compression.choosing.measured", "place": "module.Kept", "name": "put", "more": ""}
RECOVERING = {
    "module": "lpzero.compression.recovery.recover",
    "place": "module",
    "name": "save_state",
    "more": "module.SAVE_SECONDS = 0.0",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stopped")
    checkpoint_folder(folder / "full")
    (folder / "text.txt").write_text(written_text(600))
    return folder


def arguments(place: Path, out: Path, *more: str) -> list[str]:
    return [
        *("compress", str(place / "full"), "--calibration", str(place / "text.txt"), "--out", str(out)),
        *("--context", "8", "--fitting", "6", "--windows", "3", "--widths", "3", "--device", "cpu"),
        *("--keep", ".8", "--no-controls", *more),
    ]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the result, which says how long things took and where they lie."""
    return {
        path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name not in (COMPRESSED, "README.md")
    }


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """As on a full disk: no file may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_full_in_the_middle_of_a_shard_leaves_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "place"
    checkpoint_folder(place / "full")
    model: Any = tiny("llama", tie_word_embeddings=False)
    model.save_pretrained(place / "full", max_shard_size="12KB")
    (place / "full" / "model.safetensors").unlink()
    assert len(list((place / "full").glob("*.safetensors"))) > 2
    (place / "text.txt").write_text(written_text(600))
    before = contents(place / "full")
    with no_file_above(6_000):
        code = run(arguments(place, tmp_path / "out"))
    assert code != 0
    lines = [line for line in capfd.readouterr().err.splitlines() if "error:" in line]
    assert len(lines) == 1
    assert "out cannot be written" in lines[0]
    assert [path.name for path in tmp_path.iterdir()] == ["place"]
    assert contents(place / "full") == before
    assert run(arguments(place, tmp_path / "out")) == 0
    assert len(list((tmp_path / "out").glob("*.safetensors"))) > 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill"])
@pytest.mark.parametrize(
    ("where", "more"),
    [
        (MEASURING, lambda folder: ("--measure", str(folder / "measured.jsonl"))),
        (RECOVERING, lambda _: ("--recover", "5")),
    ],
    ids=["measuring", "recovering"],
)
def test_what_is_stopped_goes_on_to_the_same_bytes(
    place: Path, tmp_path: Path, where: dict[str, str], more: Callable[[Path], tuple[str, ...]], number: int
) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    for folder in (whole, stopped):
        folder.mkdir()
    before = contents(place / "full")
    assert run(arguments(place, whole / "out", *more(whole))) == 0
    command = arguments(place, stopped / "out", *more(stopped))
    script = STOPPING.format(**where, number=int(number))
    found = subprocess.run(
        [sys.executable, "-c", script, *command], capture_output=True, text=True, env={**os.environ}, check=False
    )
    assert found.returncode in ((-number,) if number == signal.SIGKILL else (130, -number))
    assert "Traceback" not in found.stderr
    assert not (stopped / "out").exists()
    kept = contents(stopped) if where is MEASURING else {}
    assert run(command) == 0
    assert contents(stopped / "out") == contents(whole / "out")
    assert contents(place / "full") == before
    if where is MEASURING:
        lines = (stopped / "measured.jsonl").read_bytes()
        assert lines == (whole / "measured.jsonl").read_bytes()
        assert lines.startswith(kept["measured.jsonl"])
        assert len(kept["measured.jsonl"].splitlines()) == 4
    else:
        assert [path.name for path in stopped.iterdir()] == ["out"]
