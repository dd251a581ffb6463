"""Principles of a file after what a run trained."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lpzero
from lpzero.errors import InputError
from lpzero.principles import read_principles


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rules: list[dict[str, Any]] = [{"op": op, "feature": "d_model", "value": 128} for op in ("ge",)]
    listed = [{"id": f"p{place}", "statement": "", "rule": rule} for place, rule in enumerate(rules)]
    document = {"schema": "lpzero.principles/1", "space": {"name": "gpt2", "protocol": "own"}, "principles": listed}
    path = tmp_path / "p.json"
    path.write_text(json.dumps(document))
    return path


def test_the_next_version_is_another_file(file: Path, tmp_path: Path) -> None:
    table = replace(lpzero.load_table("gpt2-own"), name="mine")
    before = file.read_text()
    found = lpzero.adapt_principles(file, table, tmp_path / "q.json", top="20%")
    assert read_principles(tmp_path / "q.json") == found
    assert (found.version, found.principles[0].status) == (2, "active")
    assert file.read_text() == before
    with pytest.raises(InputError, match="`output`: expected a new file"):
        lpzero.adapt_principles(file, table, tmp_path / "q.json")
    with pytest.raises(InputError, match="`results`: expected a table of gpt2, found one of rnn"):
        lpzero.adapt_principles(file, lpzero.load_table("rnn-own"), tmp_path / "r.json")


@pytest.mark.parametrize(
    ("given", "setting"),
    [({"results": "gpt2-own"}, "`results`"), ({"seed": -1}, "`seed`"), ({"output": "x"}, "`output`")],
)
def test_what_is_refused(given: dict[str, Any], setting: str, file: Path, tmp_path: Path) -> None:
    """A known table is one that nobody paid for here."""
    settings = {"results": str(tmp_path), "output": tmp_path / "q.json", **given}
    with pytest.raises(InputError, match=setting):
        lpzero.adapt_principles(file, **settings)
