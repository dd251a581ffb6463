"""Callbacks: who is told what, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lpzero.callbacks import Callback, Callbacks, Generation
from lpzero.result import Result

GENERATION = Generation(3, 250, 0.7, 0.5)


class _Noted(Callback):
    def __init__(self, *, stop: bool = False) -> None:
        self.told: list[str] = []
        self.stop = stop

    def on_run_begin(self, run: Path, settings: Mapping[str, Any]) -> None:
        self.told.append(f"begin {run} {dict(settings)}")

    def on_generation_end(self, generation: Generation) -> bool:
        self.told.append(f"generation {generation.number}")
        return self.stop

    def on_run_stop(self) -> None:
        self.told.append("stop")

    def on_run_end(self, result: Result) -> None:
        self.told.append(f"end {result.to_json()}")


def test_each_is_told_everything_whoever_wants_to_stop() -> None:
    first, second = _Noted(stop=True), _Noted()
    both = Callbacks((first, second))
    both.begin(Path("run"), {"seed": 1})
    assert both.generation(GENERATION)
    both.stop()
    both.end(Result())
    assert first.told == second.told == ["begin run {'seed': 1}", "generation 3", "stop", "end {}"]
    assert not Callbacks((second,)).generation(GENERATION)


def test_one_that_does_nothing_stops_nothing() -> None:
    silent = Callbacks((Callback(),))
    silent.begin(Path("run"), {})
    assert not silent.generation(GENERATION)
    silent.stop()
    silent.end(Result())
    assert not Callbacks().generation(GENERATION)


def test_figures_that_there_are_not_stay_away() -> None:
    assert GENERATION.figures == {"evaluated": 250.0, "best_tau_a": 0.7, "share": 0.5}
    assert "best_tau_a" not in Generation(0, 0, None, 0.0).figures
