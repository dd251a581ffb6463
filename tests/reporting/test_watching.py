"""What there is to see of a run from outside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lpzero.compression.choices.evolving import ChoicesRunFolder
from lpzero.errors import InputError
from lpzero.files import held
from lpzero.reporting.standing import Event
from lpzero.reporting.watching import line_of, seen
from tests.compression.choices.test_result import RESULT
from tests.reporting.articles.test_choices import CONFIG
from tests.reporting.conftest import HOSTILE


def test_a_run_is_followed_to_its_end(copied: Callable[[str], Path]) -> None:
    run = copied("evolve")
    events = (run / "events.jsonl").read_text().splitlines(keepends=True)
    (run / "best.json").rename(run / "kept")
    (run / "events.jsonl").write_text("".join(events[:2]))
    found = seen(run)
    first = next(found)
    assert first.state == "unfinished"
    assert len(first.said) == 2
    assert first.facts.startswith("tau-a on search")
    assert first.best[0] == ("nodes", "tau-a", "formula")
    # nothing new
    assert next(found).said == ()
    (run / "events.jsonl").write_text("".join(events))
    (run / "kept").rename(run / "best.json")
    last = next(found)
    assert last.state == "finished"
    assert len(last.said) == len(events) - 2
    assert last.facts.startswith("sealed tau-a")
    assert list(found) == []


def test_a_search_says_how_many_were_scored(copied: Callable[[str], Path]) -> None:
    run = copied("search")
    (run / "result.json").unlink()
    assert "scores" in next(seen(run)).facts


@pytest.mark.parametrize("name", ["suggest", "principles.json", "nowhere"])
def test_what_has_no_events_is_refused(name: str, runs: Path) -> None:
    with pytest.raises(InputError, match="expected the folder of a run of evolve, enumerate or search, found none"):
        next(seen(runs / name))


def test_a_run_says_how_it_goes_on_where_nobody_works_on_it(copied: Callable[[str], Path]) -> None:
    run = copied("evolve")
    (run / "best.json").unlink()
    found = seen(run)
    assert next(found).go_on == f"lpzero evolve --resume {run}"
    with held(run):
        assert next(found).go_on == ""
    assert next(found).go_on


def test_an_evolution_of_an_importance_is_followed(tmp_path: Path) -> None:
    run = ChoicesRunFolder.create(tmp_path / "run", CONFIG)
    found = seen(run.path)
    assert (next(found).state, next(found).go_on) == ("unfinished", f"lpzero evolve --resume {run.path}")
    run.write_result(RESULT)
    assert next(found).state == "finished"


def test_an_event_of_anybody_is_one_line() -> None:
    line = line_of(Event("t", HOSTILE, {"x": f"{HOSTILE}\n"}))
    assert line.isprintable()
