"""``lpzero.report``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lpzero
from lpzero.errors import InputError, LpzeroError

RUNS = Path(__file__).parents[1] / "reporting" / "runs"


@pytest.mark.parametrize(("format_", "begin"), [("html", "<!doctype html>"), ("md", "# Report: "), ("json", "{")])
def test_each_format_is_returned_and_written(format_: str, begin: str, tmp_path: Path) -> None:
    text = lpzero.report(RUNS / "principles.json", format=format_, output=tmp_path / "below" / "report")
    assert text.startswith(begin)
    assert (tmp_path / "below" / "report").read_text(encoding="utf-8") == text


def test_several_runs_are_one_report() -> None:
    document = json.loads(lpzero.report([RUNS / "principles.json", str(RUNS / "fit.json")], format="json"))
    assert [one["kind"] for one in document["runs"]] == ["principles", "predictor"]


def test_an_unknown_format_and_a_folder_in_the_way_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown format 'pdf': expected one of html, md, json"):
        lpzero.report(RUNS / "fit.json", format="pdf")
    with pytest.raises(LpzeroError, match="cannot be written: Is a directory: give another `output`"):
        lpzero.report(RUNS / "fit.json", output=tmp_path)
    assert list(tmp_path.iterdir()) == []
