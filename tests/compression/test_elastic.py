"""A checkpoint that learns to be cut: what stays is within the limits, beside what learned as long without that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import lpzero
from lpzero.compression.elastic import STATES
from lpzero.compression.proof import CHOSEN, INELASTIC, UNRECOVERED
from lpzero.compression.recovery.alike import ENDING
from lpzero.compression.recovery.state import STATE
from lpzero.compression.settings import CompressSettings
from lpzero.errors import InputError
from lpzero.progress import Progress
from tests.compression.tiny import checkpoint_folder, written_text

pytest.importorskip("peft")

SMALL = CompressSettings(context=8, fitting=6, windows=3, controls=False, elastic=4)


def compressed(folder: Path, settings: CompressSettings, **given: object) -> lpzero.CompressResult:
    source = folder / "full"
    if not source.exists():
        checkpoint_folder(source)
        (folder / "text.txt").write_text(written_text(600))
    output = given.pop("output", folder / "out")
    return lpzero.compress(source, output=output, calibration=folder / "text.txt", keep=0.8, settings=settings, **given)


def test_what_learned_before_stands_beside_what_learned_as_long(tmp_path: Path) -> None:
    result = compressed(tmp_path, replace(SMALL, recover="3"))
    assert result.parameters <= result.counts["params"].limit
    assert result.elastic is not None
    assert (result.elastic.steps, result.recovery.steps) == (4, 3)
    assert {CHOSEN, UNRECOVERED, INELASTIC} <= {one.model for one in result.losses}
    assert {"learning to be cut", "recovering"} <= set(result.seconds)
    assert not (tmp_path / f"out{ENDING}").exists()
    # the control is what a compression without `elastic` makes in as many steps
    plain = compressed(tmp_path, replace(SMALL, elastic=None, recover="7"), output=tmp_path / "plain")
    assert result.loss(INELASTIC, "text.txt").loss == plain.loss(CHOSEN, "text.txt").loss


def test_without_a_recovery_the_control_learns_as_many_steps(tmp_path: Path) -> None:
    result = compressed(tmp_path, SMALL)
    assert result.recovery is None
    plain = compressed(tmp_path, replace(SMALL, elastic=None, recover="4"), output=tmp_path / "plain")
    assert result.loss(INELASTIC, "text.txt").loss == plain.loss(CHOSEN, "text.txt").loss


def test_what_was_learned_is_kept_where_it_is_stopped(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.step == "refitting":
            raise StoppedError

    with pytest.raises(StoppedError):
        compressed(tmp_path, SMALL, watch=stop)
    kept = tmp_path / f"out{ENDING}"
    assert (kept / STATES / STATE).is_file()
    assert not (tmp_path / "out").exists()
    result = compressed(tmp_path, SMALL)
    whole = compressed(tmp_path, SMALL, output=tmp_path / "other")
    assert result.losses == whole.losses
    assert not kept.exists()


def test_what_is_of_the_checkpoint_as_it_is_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`measure` is of the checkpoint as it is"):
        compressed(tmp_path, SMALL, measure=tmp_path / "measured.jsonl")
    with pytest.raises(InputError, match=r"expected no `limits.latency` beside it"):
        compressed(tmp_path, SMALL, limits={"latency": 1.0})
    with pytest.raises(InputError, match="recovery: steps: expected 1 at least, found 0"):
        CompressSettings(elastic=0)
