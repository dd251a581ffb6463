"""What a compression is asked for, and what is refused before anything takes long."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpzero.compression.job import Job, check_job, kept_of, read
from lpzero.compression.settings import CompressSettings
from lpzero.errors import InputError
from tests.compression.tiny import checkpoint_folder, written_text


def job_in(folder: Path, **settings: object) -> Job:
    checkpoint = folder / "full"
    if not checkpoint.exists():
        checkpoint_folder(checkpoint)
        (folder / "text.txt").write_text(written_text(600))
    how = CompressSettings(**{"context": 8, "windows": 3, **settings})  # type: ignore[arg-type]
    return Job(checkpoint, folder / "out", folder / "text.txt", (), how, "")


def test_what_is_read_is_the_checkpoint_with_its_windows(tmp_path: Path) -> None:
    shown = read(job_in(tmp_path), "cpu")
    assert shown.layout.depth == 3
    assert [tuple(one.windows.inputs.shape) for one in shown.questions] == [(3, 8)]


def test_a_folder_that_is_not_free_is_refused_before_the_checkpoint_is_read(tmp_path: Path) -> None:
    job = job_in(tmp_path)
    job.output.mkdir()
    (job.output / "mine.txt").write_text("mine")
    (job.checkpoint / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(InputError, match="is not empty and is left as it is"):
        read(job, "cpu")


def test_a_form_that_cannot_say_the_family_is_refused(tmp_path: Path) -> None:
    job = job_in(tmp_path, form="block_configs")
    with pytest.raises(InputError, match="linear maps without biases"):
        read(job, "cpu")


def test_states_of_a_recovery_take_no_ones_place(tmp_path: Path) -> None:
    job = job_in(tmp_path, recover="3")
    check_job(job)
    job.states.mkdir()
    (job.states / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="expected what a recovery kept"):
        check_job(job)


def test_measured_divergences_of_another_text_are_refused(tmp_path: Path) -> None:
    job = job_in(tmp_path)
    kept_of(tmp_path / "kept.jsonl", job, read(job, "cpu"))
    kept_of(tmp_path / "kept.jsonl", job, read(job, "cpu"))
    job.calibration.write_text(written_text(600, seed=9))
    with pytest.raises(InputError, match="found those of another"):
        kept_of(tmp_path / "kept.jsonl", job, read(job, "cpu"))
