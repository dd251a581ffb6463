"""What articles of several kinds say."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpzero.reporting.articles.shared import amount, counted, plain, repeated
from lpzero.reporting.blocks import Code, Facts, Text


def test_counts_stand_the_largest_first() -> None:
    assert counted("c", "rule", {"a": 2, "b": 1200}).rows == [["b", "1,200"], ["a", "2"]]


@pytest.mark.parametrize(("value", "text"), [(None, None), (float("nan"), None), (0.123456789, "0.123457"), (5.0, "5")])
def test_numbers_for_people(value: float | None, text: str | None) -> None:
    assert plain(value) == text


def test_costs_are_in_full() -> None:
    assert amount(123456789.0) == "123,456,789"


def test_how_to_repeat_it_has_the_environment(runs: Path, tmp_path: Path) -> None:
    command, facts = repeated(runs / "evolve", "lpzero x").blocks
    assert command == Code("lpzero x")
    assert isinstance(facts, Facts)
    assert {"python", "lpzero", "torch"} <= set(facts.given)
    assert isinstance(repeated(tmp_path, "lpzero x").blocks[-1], Text)
