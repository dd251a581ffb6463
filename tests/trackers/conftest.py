"""Fixtures for the tests of trackers: a whole life of a run, without evolving."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lpzero.callbacks import Callback, Generation
from lpzero.proxy.discovery import EvolveResult

RUN = Path(__file__).parents[1] / "reporting" / "runs" / "evolve"


@pytest.fixture
def result() -> EvolveResult:
    """The result of a recorded evolution."""
    return EvolveResult.model_validate(json.loads((RUN / "best.json").read_text()))


@pytest.fixture
def lived(result: EvolveResult) -> Callable[[Callback], None]:
    """Tells a tracker of a whole run."""

    def live(tracker: Callback) -> None:
        tracker.on_run_begin(Path("runs/mine"), json.loads((RUN / "config.json").read_text()))
        for number in range(3):
            assert not tracker.on_generation_end(Generation(number, 20 * number, number / 4, number / 3))
        tracker.on_run_end(result)

    return live
