"""One recovery in a worker: what is measured before and after, and what it depends on."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpzero.compression.cutting.checkpoint import load_checkpoint
from lpzero.compression.cutting.cut import cut
from lpzero.compression.losses import window_losses
from lpzero.compression.sub_networks.build import Source
from lpzero.compression.sub_networks.file import write_file
from lpzero.compression.sub_networks.recovery import Job, Task, Texts, recover_one, texts_of
from lpzero.compression.sub_networks.settings import Recipe
from lpzero.compression.sub_networks.space import open_space
from lpzero.spaces.architecture import Architecture
from tests.compression.sub_networks.small import SETTINGS, UNITS, source

ARCHITECTURE = Architecture.of("sub-networks", {}, [{"groups": 2, "neurons": n} for n in (10, 4, 7)])


def _texts(given: Source) -> Texts:
    return texts_of(given.checkpoint, given.calibration, given.check, context=8, looking=2, held_out=2, seed=0)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    given = source(tmp_path)
    (tmp_path / "table").mkdir()
    write_file(tmp_path / "table", given.checkpoint, UNITS)
    texts = _texts(given)
    recipe = Recipe("a", texts.calibration_sha256, texts.check_sha256, SETTINGS)
    return Job(tmp_path / "table", given.calibration, given.check, recipe, tmp_path / "table" / "answers")


def test_a_recovery_is_measured_on_the_other_text_and_does_not_depend_on_what_was_before(job: Job) -> None:
    first = recover_one(job, Task("0000", ARCHITECTURE, 0))
    model, space = load_checkpoint(job.folder / "checkpoint"), open_space(job.folder)
    smaller = cut(model, space.layout, space.choice(ARCHITECTURE))
    texts = _texts(Source(job.folder / "checkpoint", job.calibration, job.check))
    assert first.before == pytest.approx(float(window_losses(smaller, texts.held_out).mean()), abs=1e-5)
    assert first.after != first.before
    assert len(first.divergence) == SETTINGS.steps
    # the answers of the checkpoint are kept by then
    again = recover_one(job, Task("0000", ARCHITECTURE, 0))
    assert (again.after, again.divergence) == (first.after, first.divergence)
    other = recover_one(job, Task("0000", ARCHITECTURE, 1))
    assert (other.before, other.divergence != first.divergence) == (first.before, True)


def test_the_end_of_the_text_is_not_learned_from(tmp_path: Path) -> None:
    given = source(tmp_path)
    texts = _texts(given)
    assert texts.learning.inputs.numel() <= 0.9 * 200
    assert len(texts.looking.inputs) == len(texts.held_out.inputs) == 2
