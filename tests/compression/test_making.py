"""The smaller model that is made: what it shares with the checkpoint, and that this changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from lpzero.compression import making
from lpzero.compression.choosing.decide import decide
from lpzero.compression.clock import Clock
from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.refit import refitted
from lpzero.compression.job import read
from lpzero.compression.losses import window_losses
from lpzero.compression.making import make
from lpzero.compression.proof import CHOSEN, UNFITTED
from lpzero.progress import unwatched
from tests.compression.test_job import job_in


def test_what_is_written_is_what_is_made_by_itself(tmp_path: Path) -> None:
    job = job_in(tmp_path)
    shown = read(job, "cpu")
    before = {name: value.clone() for name, value in shown.model.state_dict().items()}
    decision = decide(shown, job.settings, {}, 0.8)
    clock = Clock(unwatched)
    made = make(job, shown, decision, clock)
    assert all(torch.equal(value, before[name]) for name, value in shown.model.state_dict().items())
    choice = decision.chosen.choice
    alone = refitted(shown.model, shown.layout, choice, shown.fitting)
    written = load_file(job.output / "model.safetensors")
    expected = alone.state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in written.items())
    windows = shown.questions[0].windows
    losses = {one.model: one.loss for one in made.proof.losses}
    assert losses[CHOSEN] == pytest.approx(float(window_losses(alone, windows).mean()), abs=1e-6)
    unfitted = cut(shown.model, shown.layout, choice)
    assert losses[UNFITTED] == pytest.approx(float(window_losses(unfitted, windows).mean()), abs=1e-6)
    assert {"refitting", "proving", "writing"} <= set(clock.seconds)
    assert list(losses)[:3] == ["full", UNFITTED, CHOSEN]
    assert set(list(losses)[3:]) == set(decision.controls)


def test_whoever_stops_it_before_it_is_written_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = job_in(tmp_path)
    shown = read(job, "cpu")

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(making, "measure_speed", stopped)
    with pytest.raises(KeyboardInterrupt):
        make(job, shown, decide(shown, job.settings, {}, 0.8), Clock(unwatched))
    assert not job.output.exists()
