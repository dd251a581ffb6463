"""What articles of several kinds say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.reporting.articles.shared import amount, counted, plain, repeated
from lpzero.reporting.blocks import Code, Facts, Text
from lpzero.reporting.folders import kind_of
from lpzero.reporting.repeat import command_of


def test_counts_stand_the_largest_first() -> None:
    assert counted("c", "rule", {"a": 2, "b": 1200}).rows == [["b", "1,200"], ["a", "2"]]


@pytest.mark.parametrize(("value", "text"), [(None, None), (float("nan"), None), (0.123456789, "0.123457"), (5.0, "5")])
def test_numbers_for_people(value: float | None, text: str | None) -> None:
    assert plain(value) == text


def test_costs_are_in_full() -> None:
    assert amount(123456789.0) == "123,456,789"


def test_how_to_repeat_it_has_the_environment_and_the_files_that_the_command_names(runs: Path, tmp_path: Path) -> None:
    kind, config = kind_of(runs / "evolve")
    command, facts = repeated(runs / "evolve", kind.command, config).blocks
    assert command == Code(command_of(kind.command, config))
    assert isinstance(facts, Facts)
    assert {"python", "lpzero", "torch"} <= set(facts.given)
    principles = json.loads((runs / "principles.json").read_text())
    within = config.model_copy(update={"principles": principles})
    command, said, content, nothing = repeated(tmp_path, kind.command, within).blocks
    assert isinstance(command, Code)
    assert " --principles principles.json " in command.text
    assert said == Text("with this as principles.json:")
    assert isinstance(content, Code)
    assert json.loads(content.text) == principles
    assert isinstance(nothing, Text)
