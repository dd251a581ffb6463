"""The readers of reports that are fuzzed: what a run scored, and its events."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.fuzz.inputs import written


def _scores(data: bytes, folder: Path) -> None:
    from lpzero.reporting.articles.scores import read_scores

    written(data, folder, "scores.csv")
    read_scores(folder)


def _events(data: bytes, folder: Path) -> None:
    from lpzero.reporting.standing import curve_of, read_events
    from lpzero.reporting.watching import line_of

    written(data, folder, "events.jsonl")
    events = read_events(folder)
    curve_of(events)
    assert all(line_of(event).isprintable() for event in events)


SCORES = "part,id,score,quality,size\ntest,0001,0.5,-2.25,1000\nscored,0002,,,20\n"
EVENTS = (
    '{"time": "2026-01-01T00:00:00+00:00", "event": "created"}\n'
    '{"time": "2026-01-01T00:00:01+00:00", "event": "generation", "number": 1, "evaluated": 20, "best": 0.5}\n'
)
READERS: tuple[tuple[str, Callable[[bytes, Path], None], tuple[str, ...]], ...] = (
    ("scores.csv", _scores, (SCORES,)),
    ("events.jsonl", _events, (EVENTS,)),
)
"""Name, reader, valid documents."""
