"""The article of an evolution on tables of choices, and its line among runs."""

from __future__ import annotations

from pathlib import Path

from lpzero.compression.choices.config import ChoicesConfig, ChoicesPart
from lpzero.compression.choices.evolving import ChoicesRunFolder
from lpzero.reporting.articles.choices import article, is_about_units
from lpzero.reporting.blocks import Code, Grid
from lpzero.reporting.folders import article_of
from lpzero.reporting.runs import row_of
from tests.compression.choices.test_result import RESULT

CONFIG = ChoicesConfig(tables=[ChoicesPart(table="a", records_sha256="b")], seed=3)


def test_a_run_without_a_result_says_how_it_goes_on(tmp_path: Path) -> None:
    run = ChoicesRunFolder.create(tmp_path / "run", CONFIG)
    assert is_about_units(run.path)
    made = article_of(run.path, "r")
    assert (made.state, made.brief["seed"]) == ("unfinished", "3")
    assert row_of(run.path).state == "unfinished"


def test_what_was_found_stands_beside_the_tests(tmp_path: Path) -> None:
    run = ChoicesRunFolder.create(tmp_path / "run", CONFIG)
    run.write_result(RESULT)
    made = article(run.path)
    assert made.state == "finished"
    assert made.brief["formula"] == RESULT.best.formula
    grids = [block for section in made.sections for block in section.blocks if isinstance(block, Grid)]
    assert [row[0] for row in grids[-1].rows] == ["found"]
    assert "sealed layers of c (a)" in grids[-1].caption
    codes = [block.text for section in made.sections for block in section.blocks if isinstance(block, Code)]
    assert codes[-1] == "lpzero evolve --table a --seed 3 --output AGAIN"
    row = row_of(run.path)
    assert (row.kind, row.state) == ("evolve", "finished")
