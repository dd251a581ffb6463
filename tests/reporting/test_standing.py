"""What the events of a run say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.reporting.standing import Event, curve_of, environment, read_events


def _write(folder: Path, text: str) -> Path:
    (folder / "events.jsonl").write_text(text)
    return folder


def test_events_are_read_and_a_cut_last_line_is_left_out(tmp_path: Path) -> None:
    line = json.dumps({"time": "t", "event": "generation", "number": 1, "evaluated": 20, "best": 0.5})
    events = read_events(_write(tmp_path, f'{line}\n{line}\n{{"time": "t", "ev'))
    assert [event.name for event in events] == ["generation"] * 2
    assert events[0].number("evaluated") == 20
    assert events[0].number("nothing") is None
    assert curve_of(events) == ([20.0, 20.0], [0.5, 0.5])


@pytest.mark.parametrize("line", ["{", "[]", "3", '{"time": 3, "event": "x"}', '{"event": "x"}', "\x00"])
def test_a_damaged_line_is_named(line: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"events.jsonl, line 1: expected an event with its time"):
        read_events(_write(tmp_path, f"{line}\n"))


def test_a_folder_without_events_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file: expected the folder of a run"):
        read_events(tmp_path)


def test_generations_without_a_best_are_no_points() -> None:
    told = [Event("t", "generation", {"evaluated": 4, "best": None}), Event("t", "created")]
    assert curve_of(told) is None


def test_a_folder_that_says_no_versions_has_none(tmp_path: Path, runs: Path) -> None:
    assert environment(tmp_path) == {}
    assert "lpzero" in environment(runs / "evolve")
