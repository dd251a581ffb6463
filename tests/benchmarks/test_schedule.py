"""The benchmark of schedules on a small part: calls and the best against what the folders of its searches hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import schedule
import schedule_figures
from records import Record

from lpzero.tables import load_table

LIMIT = 1_200_000.0
SIZES = {"parents": 3, "mutants": 2, "crossovers": 2, "iterations": 4, "mutation": 0.3}
PART = schedule.Part("gpt2", "own", "gpt2-own", {"params": LIMIT}, "params", "lookup:gpt2-own", SIZES, 2, 2)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[object]]]:
    """The folder of the searches of two seeds, and the rows."""
    folder = tmp_path_factory.mktemp("schedule")
    return folder, schedule.compared("small", PART, 2, folder, ("", ""))


def test_a_row_is_what_its_searches_scored(compared: tuple[Path, list[list[object]]]) -> None:
    folder, rows = compared
    for seed in (0, 1):
        losses = {}
        for kind in ("schedule", "plain"):
            lines = (folder / f"gpt2-{kind}-{seed}" / "scored.jsonl").read_text().splitlines()
            last = 1 if kind == "schedule" else 0
            losses[kind] = [one["score"] for one in map(json.loads, lines) if one["predictor"] == last]
        _, _, calls, whole, share, without, best, plain, few, random, *gains, kept = rows[seed]
        # the random search is scored behind
        assert (calls, whole, share, without) == (11, 19, 100 * 11 / 19, 50.0)
        assert (best, plain) == (min(losses["schedule"][:11]), min(losses["plain"]))
        assert few == min(losses["plain"][:11])
        assert isinstance(random, float)
        assert isinstance(plain, float)
        assert isinstance(best, float)
        assert gains[0] == pytest.approx(100 * (plain - best) / plain)
        assert gains[2] == pytest.approx(100 * (random - best) / random)
        assert kept == "yes"


def test_the_last_row_is_that_of_all_seeds(compared: tuple[Path, list[list[object]]]) -> None:
    *seeds, whole = compared[1]
    assert whole[:2] == ["small", "all"]
    assert whole[2:10] == [pytest.approx(np.mean([row[place] for row in seeds])) for place in range(2, 10)]
    assert str(whole[10]).startswith(f"{np.mean([row[10] for row in seeds]):+.3f}")


def test_a_best_that_is_not_the_best_or_does_not_fit_is_seen(tmp_path: Path) -> None:
    """The limit of the check is below that of the search."""
    loose = PART.__class__(**{**vars(PART), "limits": {"params": 2e6}})
    space = load_table("gpt2-own").search_space(None)
    around = schedule.Surroundings(space, schedule.Probe(), "", "", schedule.Workers(), schedule.unwatched)
    found = schedule.searched(PART, schedule.pool_of(loose, space), around, tmp_path, 0, plain=True)
    assert not found.is_best


def test_intervals_are_those_of_t() -> None:
    assert schedule.interval(np.array([1.0])) == "+1.000"
    assert schedule.interval(np.array([0.5, 0.5])) == "+0.500"
    assert schedule.interval(np.array([0.0, 1.0])) == "+0.500 [-5.853, +6.853]"


def test_the_page_has_a_row_a_part(
    compared: tuple[Path, list[list[object]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("record.RESULTS", tmp_path)
    monkeypatch.setattr(schedule_figures, "PARTS", {"small": "a small one"})
    schedule.written("schedule", ["hat-mt"], compared[1])
    document = json.loads((tmp_path / "schedule.json").read_text())
    monkeypatch.setattr(schedule_figures, "recorded", lambda _: Record(document))
    monkeypatch.setattr(schedule_figures, "RESULTS", tmp_path)
    lines = schedule_figures.schedule_section()
    (row,) = (line for line in lines if line.startswith("| a small one"))
    assert "| 2 | 11 of 19 | 57.9 % (50.0 %) |" in row
    monkeypatch.setattr(schedule_figures, "RESULTS", tmp_path / "nowhere")
    assert schedule_figures.schedule_section() == []
