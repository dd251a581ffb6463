"""The article of an evolution and of an enumeration."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lpzero.proxy.discovery import EvolveResult
from lpzero.reporting.articles.discovery import article
from lpzero.reporting.blocks import Article, Formula, Grid, Picture
from lpzero.reporting.folders import kind_of


def _article(run: Path) -> Article:
    kind, config = kind_of(run)
    return article(run, kind.command, config, kind.folder(run).read_result(), "one")


def _titles(found: Article) -> list[str]:
    return [section.title for section in found.sections]


def test_an_evolution_says_all_that_it_has(runs: Path) -> None:
    found = _article(runs / "evolve")
    assert _titles(found) == [
        *("What was found", "The sealed test", "How it evolved", "Size against correlation", "Score against truth"),
        *("Rules and statuses", "What it measures", "How to repeat it"),
    ]
    result = EvolveResult.model_validate(json.loads((runs / "evolve" / "best.json").read_text()))
    assert found.brief["formula"] == result.best.formula
    assert found.judged == (result.best.test.tau_a, *(result.best.test.interval or ()))
    formula = found.sections[0].blocks[0]
    assert isinstance(formula, Formula)
    assert formula.mathml.startswith("<math")
    # the curve ends with all that was evaluated
    assert found.curve is not None
    assert found.curve[0][-1] == result.evaluated


def test_an_enumeration_has_no_curve_but_its_counts(runs: Path) -> None:
    found = _article(runs / "enumerate")
    assert found.curve is None
    assert "How it evolved" not in _titles(found)
    facts = [block for s in found.sections if s.title == "Rules and statuses" for block in s.blocks]
    assert any("different rankings" in getattr(block, "given", {}) for block in facts)


def test_other_tables_have_a_matrix_and_figures_of_their_own(runs: Path) -> None:
    found = _article(runs / "several")
    section = next(one for one in found.sections if one.title == "On other tables")
    matrix = section.blocks[0]
    assert isinstance(matrix, Picture)
    assert matrix.points["columns"] == ["llama-scratch-own", "llama-own"]
    assert matrix.points["rows"][0] == "formula"
    assert sum(isinstance(block, Grid) and block.caption == "Figures on the test" for block in section.blocks) == 2


def test_what_it_measures_is_shown_where_the_folder_holds_it(copied: Callable[[str], Path]) -> None:
    run = copied("evolve")
    figures = {"status": "ok", "tau_a": 0.5, "interval": [0.4, 0.6]}
    explained = {
        **{"schema": 1, "proxy": "p", "direction": "higher", "table": "gpt2-own", "protocol": "own", "seed": 0, "n": 9},
        "original": {**figures, "tau_b": 0.5, "rho": 0.6},
        "interventions": [{"name": "tokens", **figures, "agreement": 0.9, "left": 0.95}],
        "verdict": "it lives on shape",
        "reasons": ["since so"],
    }
    (run / "explain.json").write_text(json.dumps(explained))
    section = next(one for one in _article(run).sections if one.title == "What it measures")
    assert [getattr(block, "text", "") for block in section.blocks[:2]] == ["Verdict: it lives on shape", "since so"]
    assert isinstance(section.blocks[2], Picture)


@pytest.mark.parametrize("key", ["front", "baselines"])
def test_a_result_with_little_in_it_is_a_page_as_well(key: str, copied: Callable[[str], Path]) -> None:
    run = copied("evolve")
    result = json.loads((run / "best.json").read_text())
    (run / "best.json").write_text(json.dumps({**result, key: [], "pruned": {}}))
    assert _article(run).sections
