"""One page of one run or several."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.reporting.blocks import Grid, Picture
from lpzero.reporting.html import to_html
from lpzero.reporting.report import page_of


def test_one_run_stands_alone_and_several_side_by_side(runs: Path) -> None:
    assert page_of([runs / "evolve"]).beside is None
    page = page_of([runs / "evolve", runs / "several", runs / "search"])
    assert page.beside is not None
    grid, judged, curves = page.beside.blocks
    assert isinstance(grid, Grid)
    assert [row[0] for row in grid.rows] == ["1. evolve", "2. several", "3. search"]
    # a search has no sealed test: no figure of it stands there
    assert grid.rows[2][grid.header.index("sealed tau-a")] is None
    assert isinstance(judged, Picture)
    assert judged.points["name"] == ["1. evolve", "2. several"]
    assert isinstance(curves, Picture)


def test_the_same_run_twice_has_ids_of_its_own(runs: Path) -> None:
    text = to_html(page_of([runs / "evolve", runs / "evolve"]))
    assert text.count('id="r1-curve-') == text.count('id="r2-curve-') > 0


def test_nothing_to_report_on_is_refused() -> None:
    with pytest.raises(InputError, match="expected the folder of a run to report on, found none"):
        page_of([])


def test_a_hundred_thousand_evaluations_are_a_small_page_at_once(copied: Callable[[str], Path]) -> None:
    run = copied("evolve")
    rng = np.random.default_rng(0)
    events = (run / "events.jsonl").read_text().splitlines()
    told = [
        json.dumps({"time": "t", "event": "generation", "number": i, "evaluated": 20 * i, "best": i / 5000})
        for i in range(1, 5001)
    ]
    (run / "events.jsonl").write_text("\n".join([events[0], *told, *events[-2:]]) + "\n")
    rows = [f"test,{i},{a},{b},{c}" for i, (a, b, c) in enumerate(rng.random((100_000, 3)))]
    (run / "scores.csv").write_text("\n".join(["part,id,score,quality,size", *rows]) + "\n")
    begun = time.process_time()
    text = to_html(page_of([run]))
    # imports, which take most of the 3 s that all of it may take, are not counted: whoever ran first paid for them
    assert time.process_time() - begun < 3
    assert len(text.encode()) < 2e6
