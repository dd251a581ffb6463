"""A folder is of one environment, and one build at a time works in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import lpzero
from lpzero.engines import Serial
from lpzero.errors import InputError, LpzeroError, NoResultError
from lpzero.files import LOCK, held, write_json
from lpzero.spaces import get_space
from lpzero.tables.recipe import Recipe
from lpzero.tables.training_record import require_losses
from lpzero.training.build import ENVIRONMENT, RECIPE, TRAININGS, Built, build
from lpzero.training.corpus import CorpusFiles, read_corpus
from lpzero.training.scale import Scale, recipe


@pytest.fixture
def source(tmp_path: Path) -> CorpusFiles:
    """A short text."""
    path = tmp_path / "text.txt"
    path.write_text("the cat sat on the mat. " * 60)
    return CorpusFiles(path, None, "bytes")


@pytest.fixture
def written(source: CorpusFiles) -> Recipe:
    """A recipe of ten small steps."""
    scale = Scale(steps=10, batch=2, length=8, learning_rate=2e-3)
    full = recipe("gpt2", get_space("gpt2").objective, read_corpus(source.corpus), scale)
    return replace(full, validation_sequences=4, points=(5, 10))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "out"


def run(written: Recipe, source: CorpusFiles, out: Path, number: int = 1, **changes: Any) -> tuple[Built, list[str]]:
    """A build, and what it said."""
    said: list[str] = []
    options = {"repeated": 0, "engine": Serial(), "progress": lambda done, total: None, "say": said.append, **changes}
    with build(written, source, out, number=number, **options) as built:
        return built, said


def content(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != LOCK]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def change(path: Path, **facts: Any) -> None:
    write_json(path, json.loads(path.read_text()) | facts)


def test_the_environment_is_kept_when_the_folder_is_begun(written: Recipe, source: CorpusFiles, out: Path) -> None:
    built, _ = run(written, source, out)
    assert built.environment == json.loads((out / ENVIRONMENT).read_text())
    assert list(built.environment) == ["lpzero", "torch", "python", "platform", "device", "threads"]
    assert built.environment["lpzero"] == lpzero.__version__
    assert built.environment["torch"] == torch.__version__
    assert built.environment["device"].startswith("cpu: ")


def test_the_environment_is_that_of_the_beginning(written: Recipe, source: CorpusFiles, out: Path) -> None:
    run(written, source, out)
    change(out / ENVIRONMENT, python="3.99.0")
    assert run(written, source, out, 2)[0].environment["python"] == "3.99.0"


@pytest.mark.parametrize("name", ["lpzero", "torch"])
def test_another_version_is_refused_and_the_folder_left(
    written: Recipe, source: CorpusFiles, out: Path, name: str
) -> None:
    here = run(written, source, out)[0].environment[name]
    change(out / ENVIRONMENT, **{name: "0.0.7"})
    before = content(out)
    with pytest.raises(InputError) as caught:
        run(written, source, out, 2)
    assert str(caught.value) == (
        f"{out / ENVIRONMENT}: expected {name} {here}, as it is installed, found {name} 0.0.7: "
        "go on with that version, or give another `out`"
    )
    assert content(out) == before


def test_trainings_of_no_known_version_are_refused_and_left(written: Recipe, source: CorpusFiles, out: Path) -> None:
    run(written, source, out)
    (out / ENVIRONMENT).unlink()
    before = content(out)
    with pytest.raises(InputError, match="expected the versions that the trainings there were made with"):
        run(written, source, out, 2)
    assert content(out) == before


def test_a_folder_without_trainings_and_versions_goes_on(written: Recipe, source: CorpusFiles, out: Path) -> None:
    run(written, source, out)
    (out / ENVIRONMENT).unlink()
    for path in (out / TRAININGS).iterdir():
        path.unlink()
    assert run(written, source, out)[0].environment == json.loads((out / ENVIRONMENT).read_text())


@pytest.mark.parametrize("text", ["{", "[]", '{"torch": 2}', "{}"])
def test_a_damaged_environment_is_refused_and_left(written: Recipe, source: CorpusFiles, out: Path, text: str) -> None:
    run(written, source, out)
    (out / ENVIRONMENT).write_text(text)
    before = content(out)
    with pytest.raises(InputError) as caught:
        run(written, source, out)
    assert str(caught.value).startswith(f"{out / ENVIRONMENT}: expected ")
    assert "\n" not in str(caught.value)
    assert content(out) == before


def spoil(out: Path, index: int, status: str) -> Path:
    """Make a training one that did not come to its end."""
    path = next((out / TRAININGS).glob(f"{index:04d}-0-*"))
    change(path, status=status, reason="as a test wants it", loss=None, curve=[], steps=0, tokens=0)
    return path


def test_what_failed_or_lacked_memory_is_tried_again_and_what_diverged_is_not(
    written: Recipe, source: CorpusFiles, out: Path
) -> None:
    whole, said = run(written, source, out, 3)
    assert not [line for line in said if "again" in line]
    spoil(out, 0, "failed"), spoil(out, 1, "out_of_memory")
    diverged = spoil(out, 2, "diverged")
    before = diverged.stat().st_mtime_ns
    counts: list[tuple[int, int]] = []
    built, said = run(written, source, out, 3, progress=lambda done, total: counts.append((done, total)))
    assert [t.status for t in built.trainings] == ["ok", "ok", "diverged"]
    assert [t.loss for t in built.trainings[:2]] == [t.loss for t in whole.trainings[:2]]
    assert diverged.stat().st_mtime_ns == before
    assert counts == [(1, 3), (2, 3), (3, 3)]
    assert "2 trainings that failed, lacked memory or time, or were killed are tried again" in said


def test_cells_that_stay_empty_are_said(written: Recipe, source: CorpusFiles, out: Path) -> None:
    assert run(written, source, out, 2)[1] == [
        "33 of the 35 pairs of depth and width have no architecture: `archs` 35 fills them all"
    ]


def test_a_table_that_fills_every_cell_says_nothing(source: CorpusFiles, out: Path) -> None:
    scale = Scale(steps=10, batch=1, length=8, learning_rate=2e-3)
    full = recipe("flexibert", "masked", read_corpus(source.corpus), scale)
    small = replace(full, validation_sequences=1, points=(10,))
    assert len(get_space("flexibert", "own").cells) == 4
    assert run(small, source, out, 4)[1] == []


def test_a_table_without_two_losses_is_no_result(written: Recipe, source: CorpusFiles, out: Path) -> None:
    two = run(written, source, out, 2)[0].trainings
    require_losses(two, out)
    spoil(out, 1, "diverged")
    built = run(written, source, out, 2)[0]
    with pytest.raises(NoResultError) as caught:
        require_losses(built.trainings, out)
    assert f"{out}: expected trainings that end at two different losses or more, found 1 diverged, 1 ok" in str(
        caught.value
    )
    assert "(first reason: as a test wants it)" in str(caught.value)
    assert "they are kept there" in str(caught.value)


HOLDER = """
import sys, time
from pathlib import Path
from lpzero.files import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(out: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the folder."""
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(out)], cwd=root, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_build_is_refused_until_the_first_is_gone(
    written: Recipe, source: CorpusFiles, out: Path, holder: subprocess.Popen[str]
) -> None:
    with pytest.raises(InputError) as caught:
        run(written, source, out)
    assert str(caught.value) == f"{out}: expected no other process at work there, found one: wait for its end"
    assert content(out) == {}
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert len(run(written, source, out)[0].trainings) == 1


def test_the_folder_is_held_until_the_block_ends(written: Recipe, source: CorpusFiles, out: Path) -> None:
    options: dict[str, Any] = {"repeated": 0, "engine": Serial(), "progress": lambda done, total: None, "say": str}
    with build(written, source, out, number=1, **options), pytest.raises(InputError, match="found one"):
        run(written, source, out)
    assert len(run(written, source, out)[0].trainings) == 1


def test_a_folder_in_a_file_cannot_be_held(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LpzeroError, match="cannot be written"), held(tmp_path / "file" / "out"):
        pass


def test_a_training_is_on_the_disk_before_it_has_its_name(
    written: Recipe, source: CorpusFiles, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fsync

    def see(descriptor: int) -> None:
        assert not (out / TRAININGS).exists() or not list((out / TRAININGS).glob("0000-*"))
        synced.append(os.fstat(descriptor).st_size)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", see)
    run(written, source, out)
    sizes = [path.stat().st_size for path in (out / RECIPE, out / ENVIRONMENT, *(out / TRAININGS).iterdir())]
    # between them the ids of the corpus, which workers map meanwhile
    assert [*synced[:2], *synced[3:]] == sizes
