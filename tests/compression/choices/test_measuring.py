"""Replacements measured in workers: the bytes of one process, whoever measures, and what goes wrong in a worker."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from lpzero.compression.choices import measuring
from lpzero.compression.choices.build import MEASURED, build_choices
from lpzero.compression.choices.measuring import Job, job_of, measure, measure_missing
from lpzero.compression.choices.table import CARD, RECORDS, UNITS, read_choices
from lpzero.compression.choosing.measured import Kept, Measuring, Replacement, digest_of
from lpzero.compression.cutting.checkpoint import load_checkpoint
from lpzero.compression.cutting.layout import read_layout
from lpzero.compression.texts import Windows
from lpzero.engines import Limits, Serial, open_engine
from lpzero.errors import InputError, LpzeroError
from lpzero.progress import Progress
from tests.compression.choices.made import SMALL, made
from tests.compression.tiny import checkpoint_folder, tokens

ONE = Replacement(1, "groups", (0,))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a checkpoint, a text, and the table that one process made of them."""
    folder = tmp_path_factory.mktemp("whole")
    made(folder, depth=2)
    return folder


@pytest.fixture
def job(whole: Path) -> Iterator[Job]:
    """What a worker is given, which it has not looked at."""
    measuring._measuring.cache_clear()
    ids = tokens(2, 8)
    yield job_of(whole / "full", digest_of(whole / "full"), "cpu", Windows("text.txt", ids, ids.roll(-1, 1)))
    measuring._measuring.cache_clear()


def contents(table: Path) -> dict[str, bytes]:
    """What a table says: all but what was kept on the way, which is in the order in which it was known."""
    files = [table / RECORDS, table / CARD, *sorted((table / UNITS).iterdir())]
    return {path.name: path.read_bytes() for path in files}


def lines(table: Path) -> list[str]:
    """What was kept on the way."""
    return (table / MEASURED).read_text().splitlines()


class _Stopped(Exception):
    pass


def test_a_build_in_workers_that_is_stopped_and_goes_on_has_the_bytes_of_one_process(
    whole: Path, tmp_path: Path
) -> None:
    table = tmp_path / "table"
    told: list[Progress] = []

    def stop(progress: Progress) -> None:
        told.append(progress)
        if progress.facts.startswith("3/"):
            raise _Stopped

    with pytest.raises(_Stopped), open_engine("process", 2) as engine:
        build_choices(whole / "full", whole / "text.txt", table, SMALL, engine=engine, watch=stop)
    kept = lines(table)
    assert len(kept) == 1 + 3
    assert not (table / CARD).exists()
    # as a kill in the middle of a line leaves it
    with (table / MEASURED).open("a") as file:
        file.write('{"replacement": "1 gro')
    with open_engine("process", 2) as engine:
        build_choices(whole / "full", whole / "text.txt", table, SMALL, engine=engine)
    assert contents(table) == contents(whole / "table")
    assert lines(table)[:4] == kept
    assert sorted(lines(table)) == sorted(lines(whole / "table"))
    assert len(told) == 2 + 3


def test_one_process_measures_on_one_thread_as_workers_do(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    class Noted(Measuring):
        def __init__(self, *args: Any) -> None:
            threads.append(torch.get_num_threads())
            super().__init__(*args)

        def divergence(self, one: Replacement) -> float:
            threads.append(torch.get_num_threads())
            return super().divergence(one)

    monkeypatch.setattr("lpzero.compression.choices.build.Measuring", Noted)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        build_choices(whole / "full", whole / "text.txt", tmp_path / "table", SMALL)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert threads == [1] * (1 + len(read_choices(tmp_path / "table").records))


def test_a_worker_reads_the_checkpoint_once_and_is_given_no_weights(
    job: Job, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def noted(folder: Path, device: str) -> torch.nn.Module:
        read.append(folder)
        return load_checkpoint(folder, device)

    monkeypatch.setattr(measuring, "load_checkpoint", noted)
    travelled = pickle.dumps(job)
    # every replacement brings its own copy of the job
    jobs = (pickle.loads(travelled), pickle.loads(travelled))  # noqa: S301  (our own bytes)
    found = [measure(jobs[0], ONE), measure(jobs[1], Replacement(0, "neurons", (1, 2)))]
    assert read == [(whole / "full").resolve()]
    model = load_checkpoint(whole / "full")
    here = Measuring(model, read_layout(model), job.windows)
    assert found[0] == here.divergence(ONE)
    assert found[0] != found[1]
    # ids are some bytes each, and the weights of the smallest model are more than these
    assert len(travelled) < 1000
    assert len(travelled) < (whole / "full" / "model.safetensors").stat().st_size / 10


def test_another_checkpoint_in_its_place_is_refused(job: Job, whole: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected the checkpoint that the build began with, found another"):
        measure(replace(job, checkpoint=checkpoint_folder(tmp_path / "other", num_hidden_layers=2, seed=1)), ONE)
    # the same at another place is the same, as on another machine
    shutil.copytree(whole / "full", tmp_path / "same")
    assert measure(replace(job, checkpoint=tmp_path / "same"), ONE) == measure(job, ONE)


def test_a_fault_of_a_worker_is_one_line_and_what_was_measured_is_kept(whole: Path, tmp_path: Path) -> None:
    table = tmp_path / "table"
    words = "layer 0, 1 groups stay: not done within 0.01 s: what was measured is kept"
    with pytest.raises(LpzeroError, match=words) as found, open_engine("process", 2, limits=Limits(0.01)) as engine:
        build_choices(whole / "full", whole / "text.txt", table, SMALL, engine=engine)
    assert (found.value.exit_code, "\n" in str(found.value)) == (1, False)
    assert len(lines(table)) == 1
    assert not (table / CARD).exists()


def test_what_one_of_them_raises_ends_it_behind_what_was_kept(tmp_path: Path) -> None:
    kept = Kept(tmp_path / MEASURED, {"checkpoint": "a"})
    told: list[int] = []

    def half(one: Replacement) -> float:
        if one.layer == 2:
            raise ValueError("a first line\nand a second one")
        return 0.5

    some = [Replacement(layer, "groups", (0, 1)) for layer in range(4)]
    with pytest.raises(
        LpzeroError, match=r"^layer 2, 2 groups stay: raised ValueError: a first line: what was"
    ) as found:
        measure_missing(some, half, Serial(), kept, told.append)
    assert "\n" not in str(found.value)
    assert [kept.get(one) for one in some] == [0.5, 0.5, None, None]
    assert told == [1, 2]
