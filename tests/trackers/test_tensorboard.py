"""An evolution in TensorBoard; skips where it is not installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lpzero.callbacks import Callback
from lpzero.proxy.discovery import EvolveResult
from lpzero.trackers.tensorboard import TensorBoard

pytest.importorskip("tensorboard", reason="no tensorboard: python -m pip install 'lpzero[tensorboard]'")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_its_own_reader_finds_every_figure(
    lived: Callable[[Callback], None], result: EvolveResult, tmp_path: Path
) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    lived(TensorBoard(tmp_path))
    found = EventAccumulator(str(tmp_path / "mine"))
    found.Reload()
    assert [(one.step, one.value) for one in found.Scalars("evolution/best_tau_a")] == [(0, 0.0), (1, 0.25), (2, 0.5)]
    assert found.Scalars("final/test_tau_a")[0].value == pytest.approx(result.best.test.tau_a)


def test_a_run_that_stops_closes_its_file(tmp_path: Path) -> None:
    tracker = TensorBoard(tmp_path)
    tracker.on_run_begin(Path("mine"), {})
    tracker.on_run_stop()
    assert list((tmp_path / "mine").iterdir())
