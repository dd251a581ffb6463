"""The articles of files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.reporting.articles.files import article
from lpzero.reporting.blocks import Grid, Picture


def _blocks(path: Path) -> list[object]:
    return [block for section in article(path, "one").sections for block in section.blocks]


def test_principles_have_their_evidence(runs: Path) -> None:
    blocks = _blocks(runs / "principles.json")
    document = json.loads((runs / "principles.json").read_text())
    grid = next(block for block in blocks if isinstance(block, Grid))
    assert [row[0] for row in grid.rows] == [one["id"] for one in document["principles"]]
    assert any(isinstance(block, Picture) for block in blocks)


def test_principles_that_a_person_wrote_have_none(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'schema = "lpzero.principles/1"\n[space]\nname = "gpt2"\n'
        '[[principles]]\nid = "one"\nstatement = "<b>deep is good</b>"\nstatus = "advice"\n'
    )
    grid = next(block for block in _blocks(path) if isinstance(block, Grid))
    assert grid.rows == [["one", "advice", "<b>deep is good</b>", *[None] * 6]]


def test_a_predictor_says_what_it_was_fitted_to(runs: Path) -> None:
    found = article(runs / "fit.json", "one")
    assert found.kind == "predictor"
    assert found.brief["labels"] == "16"


def test_a_result_that_was_printed_is_told_by_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "rank.json"
    row = {"proxy": "snip", "direction": "higher", "status": "ok", "tau_a": 0.5}
    ranked = {"schema": 1, "table": "t", "protocol": "own", "seed": 0, "n": 9, "total": 9, "scores": [row]}
    path.write_text(json.dumps(ranked))
    assert article(path, "one").kind == "rank"
    pair = {"first": "a", "second": "b", "overall": {}, "matched_size": {}}
    path.write_text(json.dumps({**ranked, "matched_pairs": 0, "initialisations": 1, "pairs": [pair]}))
    assert article(path, "one").kind == "compare"


@pytest.mark.parametrize("text", ["{}", '{"schema": "lpzero.principles/1"}', '{"predictor": "ridge"}', "[1]", ""])
def test_anything_else_is_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError) as raised:
        article(tmp_path / "x.json", "one")
    assert str(raised.value).isprintable()
