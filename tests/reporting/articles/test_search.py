"""The article of a search of architectures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from lpzero.nas.result import SearchResult
from lpzero.reporting.articles.search import article
from lpzero.reporting.blocks import Article, Grid, Picture, Section, Text
from lpzero.reporting.folders import kind_of


def _article(run: Path) -> Article:
    kind, config = kind_of(run)
    return article(run, kind.command, config, kind.folder(run).read_result(), "one")  # type: ignore[arg-type]


def _section(found: Article, title: str) -> Section:
    return next(section for section in found.sections if section.title == title)


def test_a_search_on_a_table_says_what_picks_are_worth(runs: Path) -> None:
    found = _article(runs / "search")
    result = SearchResult.model_validate(json.loads((runs / "search" / "result.json").read_text()))
    first = _section(found, "What was found").blocks[0]
    assert isinstance(first, Text)
    assert "The best of a random search with as many scores lacks" in first.text
    (picks,) = _section(found, "The picks").blocks
    assert isinstance(picks, Grid)
    assert [row[0] for row in picks.rows] == ["found", "random", "largest", "params", "number 2"]
    truth = _section(found, "Score against truth").blocks[0]
    assert isinstance(truth, Picture)
    assert len(truth.points["score"]) == result.scored


def test_an_open_search_says_that_a_score_is_no_quality(runs: Path) -> None:
    found = _article(runs / "open")
    first = _section(found, "What was found").blocks[0]
    assert isinstance(first, Text)
    assert first.text == "No table says what the picks are worth: a score is no quality."
    assert "Score against truth" not in [section.title for section in found.sections]
    assert any(
        isinstance(b, Picture) and "Everything" in b.caption for b in _section(found, "Score against params").blocks
    )


def test_the_curve_only_gets_better_and_ends_with_the_last_score(runs: Path) -> None:
    picture = _section(_article(runs / "search"), "How the best grew").blocks[0]
    assert isinstance(picture, Picture)
    best = picture.points["best"]
    assert best == sorted(best)
    assert picture.points["scored"][-1] == 8


def test_a_schedule_has_its_phases_and_its_file(runs: Path) -> None:
    found = _article(runs / "schedule")
    text, phases, asked = _section(found, "Phases and predictors").blocks
    assert isinstance(text, Text)
    assert isinstance(phases, Grid)
    assert [row[1] for row in phases.rows] == ["params", "snip"]
    assert isinstance(asked, Grid)
    codes = [getattr(block, "text", "") for block in _section(found, "How to repeat it").blocks]
    assert any("[[phase]]" in code for code in codes)


def test_a_proof_has_its_losses_and_differences(copied: Callable[[str], Path]) -> None:
    run = copied("search")
    result = json.loads((run / "result.json").read_text())
    result["proof"] = {
        "table": "gpt2-own",
        "losses": {"found": [{}, {}], "random": [{}, {}]},
        "means": {"found": 2.1, "random": 2.2},
        "difference": {"random": {"mean": -0.1, "interval": [-0.15, -0.05]}},
    }
    (run / "result.json").write_text(json.dumps(result))
    grid = _section(_article(run), "Proof by training").blocks[-1]
    assert isinstance(grid, Grid)
    assert grid.rows[1] == ["random", "2", "2.2000", "-0.1000", "-0.1500 to -0.0500", "clear"]
